"""The one error that a user caused and can mend."""


class UserError(ValueError):
    """Input that is wrong: the message says what, where and how to mend it, on one line.

    The command line prints it and exits with code 2.
    """
