"""Write the example videos: `python -m footsteps.walker OUT [NAME ...]`."""

import sys

from footsteps.walker.examples import main

if __name__ == "__main__":
    sys.exit(main())
