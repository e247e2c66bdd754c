"""Every test runs as the product does: with the switches that the command line sets before anything heavy is imported."""

import os

from lastword.environment import set_quiet_defaults

set_quiet_defaults(os.environ)
