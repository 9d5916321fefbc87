"""``python -m cascadener_models``: the command line ``cascadener``."""

from cascadener_models.command.app import main

if __name__ == "__main__":
    main()
