namespace TorchSharp.SparseConv.Core;

/// <summary>The engine refused or failed; the message is the engine's own sentence.</summary>
public sealed class SparseConvException : Exception
{
    /// <summary>An exception for a status and the sentence that says why.</summary>
    public SparseConvException(Status status, string message)
        : base(message) => Status = status;

    /// <summary>The status that the engine reported.</summary>
    public Status Status { get; }
}
