namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>A case set up in the library: its manager, levels and rulebook.</summary>
internal sealed class Scene : IDisposable
{
    internal Scene(Case one, Backend backend = Backend.Cpu)
    {
        Case = one;
        Backend = backend;
        Geometry = KernelGeometry.Create(
            one.Dimensions,
            PerAxis.Create(one.Size),
            PerAxis.Create(one.Stride),
            PerAxis.Create(one.Dilation),
            PerAxis.Create(one.Padding)
        );
        Manager = backend.Manager(one.Dimensions);
        Fine = Manager.Insert(one.Fine, spatialShape: one.Shape is { } shape ? PerAxis.Create(shape) : null);
        Coarse = one.Sites switch
        {
            CaseSites.Same => Fine,
            CaseSites.Dilate => Manager.Coarsen(Fine, Geometry, StridedSites.Dilate),
            CaseSites.Downsample => Manager.Coarsen(Fine, Geometry, StridedSites.Downsample),
            _ => Manager.Insert(one.Coarse, stride: Geometry.Stride),
        };
        Rulebook = Manager.Rulebook(Coarse, Fine, Geometry);
    }

    internal Case Case { get; }

    internal Backend Backend { get; }

    internal KernelGeometry Geometry { get; }

    internal CoordinateManager Manager { get; }

    internal CoordinateMap Fine { get; }

    internal CoordinateMap Coarse { get; }

    internal Rulebook Rulebook { get; }

    /// <summary>Scratch for a pass, which on the CPU a call rents itself; to be referenced until the pass has ended.</summary>
    internal DeviceArray<byte>? Scratch(
        ConvolutionDirection direction,
        ConvolutionPass pass,
        long inChannels,
        long outChannels,
        ElementType elementType
    ) =>
        Backend == Backend.Cpu
            ? null
            : new(Backend, Convolution.WorkspaceBytes(Rulebook, direction, pass, inChannels, outChannels, elementType));

    public void Dispose() => Manager.Dispose();

    internal (long Read, long Written) Rows(ConvolutionDirection direction) =>
        direction == ConvolutionDirection.FineToCoarse ? (Fine.Rows, Coarse.Rows) : (Coarse.Rows, Fine.Rows);
}
