"""`python -m gradtwin` is `gradtwin`."""

from .cli import main

if __name__ == "__main__":
    main()
