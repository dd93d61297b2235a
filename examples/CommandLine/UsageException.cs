namespace Examples.CommandLine;

/// <summary>Options that cannot work together, or that ask for what is not there; the message says what to do.</summary>
public sealed class UsageException : Exception
{
    /// <summary>Without a message.</summary>
    public UsageException() { }

    /// <summary>With the line that the user reads.</summary>
    public UsageException(string message)
        : base(message) { }

    /// <summary>With the line that the user reads, and what led to it.</summary>
    public UsageException(string message, Exception inner)
        : base(message, inner) { }
}
