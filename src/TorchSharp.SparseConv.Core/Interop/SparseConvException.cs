using System.Diagnostics;
using TorchSharp.SparseConv.Core.Interop;

namespace TorchSharp.SparseConv;

/// <summary>The engine refused or failed; the message is the engine's own sentence.</summary>
public sealed class SparseConvException : Exception
{
    /// <summary>An exception for a status, with the sentence that gives the reason.</summary>
    public SparseConvException(Status status, string message)
        : base(message) => Status = status;

    /// <summary>The status that the engine reported.</summary>
    public Status Status { get; }
}

/// <summary>The result of a native call.</summary>
public enum Status
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>A value is not allowed.</summary>
    InvalidArgument = -1,

    /// <summary>There was not enough memory.</summary>
    OutOfMemory = -2,

    /// <summary>The request is valid, but this build or machine does not offer it.</summary>
    Unsupported = -3,

    /// <summary>A device failed.</summary>
    Device = -4,

    /// <summary>The engine itself has a fault.</summary>
    Internal = -5,
}

[StackTraceHidden]
internal static class StatusExtensions
{
    internal static void ThrowIfFailed(this Status status)
    {
        if (status != Status.Ok)
        {
            throw new SparseConvException(status, Native.LastError());
        }
    }

    /// <summary>
    /// For calls whose shapes have been checked already: what the engine still refuses are the values of the argument
    /// called <paramref name="name"/>, which only it has read.
    /// </summary>
    internal static void ThrowIfRefused(this Status status, string name)
    {
        if (status is Status.InvalidArgument or Status.Unsupported)
        {
            throw new ArgumentException(Native.LastError(), name);
        }

        status.ThrowIfFailed();
    }
}
