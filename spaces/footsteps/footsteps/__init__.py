"""Footsteps for a video of somebody walking: find the footfalls, make their sounds, place them in space."""
