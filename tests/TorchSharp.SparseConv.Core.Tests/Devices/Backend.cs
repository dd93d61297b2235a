namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Where the engine runs, by its numbers for devices.</summary>
public enum Backend
{
    Cpu = -1,
    Cuda = 0,
}
