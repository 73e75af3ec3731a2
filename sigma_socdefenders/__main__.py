"""`python -m sigma_socdefenders` is the command line."""

from sigma_socdefenders.cli import main

if __name__ == "__main__":
    main()
