namespace TorchSharp.SparseConv.Tool;

/// <summary>Arguments that cannot work together, or that ask for what is not there; the message says what to do.</summary>
internal sealed class UsageException(string message) : Exception(message);
