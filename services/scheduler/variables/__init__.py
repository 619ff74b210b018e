"""Global variables: named values of the installation that every workflow may read."""
