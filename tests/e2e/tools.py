"""The MCP tools of an app, as a client of that protocol sees them."""

import asyncio


def mcp_tools(app: str) -> dict:
    """Tools by name; app: its address, such as http://127.0.0.1:7860/footsteps/."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask() -> dict:
        async with (
            streamable_http_client(f"{app}gradio_api/mcp/") as (reads, writes, _),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            return {tool.name: tool for tool in (await session.list_tools()).tools}

    return asyncio.run(ask())
