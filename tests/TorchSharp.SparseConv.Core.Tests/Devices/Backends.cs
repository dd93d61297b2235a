namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>
/// The one list of devices that fixtures run over. The CPU's instruction set is chosen for a whole run, by SPARSECONV_ISA.
/// </summary>
public static class Backends
{
    public static IEnumerable<Backend> Available =>
        SparseConvRuntime.CudaFailure is null ? [Backend.Cpu, Backend.Cuda] : [Backend.Cpu];

    /// <summary>A manager on the device.</summary>
    internal static CoordinateManager Manager(this Backend backend, int dimensions) => new(dimensions, (int)backend);
}

/// <summary>Where the engine runs, by its numbers for devices.</summary>
public enum Backend
{
    Cpu = -1,
    Cuda = 0,
}
