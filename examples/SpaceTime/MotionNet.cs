using TorchSharp;
using TorchSharp.SparseConv;
using static TorchSharp.torch;

namespace SpaceTime;

/// <summary>
/// A U-Net with three levels over space and time, axes (x, y, z, t). Space is halved twice, time is not. Networks
/// differ only in the extent of their kernels in time.
/// </summary>
internal sealed class MotionNet : nn.Module<SparseTensor, SparseTensor>
{
    private static readonly PerAxis HalfSpace = (2, 2, 2, 1);

    private readonly KernelShape _kernel;
    private readonly SparseSequential _fine;
    private readonly SparseSequential _middle;
    private readonly SparseSequential _coarse;
    private readonly SparseSequential _toMiddle;
    private readonly SparseSequential _mixMiddle;
    private readonly SparseSequential _toFine;
    private readonly SparseSequential _mixFine;
    private readonly SubMConv4d _head;

    /// <summary>
    /// Makes a network with width channels on the finest level, and twice and three times as many on the others.
    /// </summary>
    public MotionNet(int width, TimeKernel time)
        : base($"{nameof(MotionNet)} ({time})")
    {
        _kernel = time switch
        {
            TimeKernel.Hybrid => KernelShape.Hybrid(3, 0, 1, 2),
            TimeKernel.Cube => KernelShape.Box(3),
            _ => KernelShape.Box((3, 3, 3, 1)),
        };
        var (fine, middle, coarse) = (width, 2 * width, 3 * width);
        _fine = nn.SparseSequential([.. Same(1, fine), .. Same(fine, fine)]);
        _middle = nn.SparseSequential([.. Down(fine, middle), .. Same(middle, middle), .. Same(middle, middle)]);
        _coarse = nn.SparseSequential([.. Down(middle, coarse), .. Same(coarse, coarse), .. Same(coarse, coarse)]);
        _toMiddle = nn.SparseSequential([.. Up(coarse, middle)]);
        _mixMiddle = nn.SparseSequential([.. Same(2 * middle, middle)]);
        _toFine = nn.SparseSequential([.. Up(middle, fine)]);
        _mixFine = nn.SparseSequential([.. Same(2 * fine, fine)]);
        _head = nn.SubMConv4d(fine, Enum.GetValues<Motion>().Length, kernel_size: 1);
        RegisterComponents();
    }

    /// <summary>The number of taps of the submanifold kernels.</summary>
    public int Taps => ((SubMConv4d)_fine[0]).Geometry.Taps;

    /// <summary>Returns the scores of the four motions for each voxel.</summary>
    public override SparseTensor forward(SparseTensor? input)
    {
        using var scope = NewDisposeScope();
        var fine = _fine.call(input!);
        var middle = _middle.call(fine);
        var coarse = _coarse.call(middle);
        middle = _mixMiddle.call(SparseTensor.cat(_toMiddle.call(coarse), middle));
        fine = _mixFine.call(SparseTensor.cat(_toFine.call(middle), fine));
        return _head.call(fine).MoveToOuterDisposeScope();
    }

    private static SparseLayer[] Down(long input, long output) =>
        Normed(
            nn.SparseConv4d(input, output, HalfSpace, HalfSpace, bias: false, sites: StridedSites.Downsample),
            output
        );

    private static SparseLayer[] Up(long input, long output) =>
        Normed(nn.SparseConvTranspose4d(input, output, HalfSpace, HalfSpace, bias: false), output);

    private static SparseLayer[] Normed(SparseLayer convolution, long channels) =>
        [convolution, nn.SparseBatchNorm(channels), nn.ReLU(inplace: true)];

    private SparseLayer[] Same(long input, long output) =>
        Normed(nn.SubMConv4d(input, output, _kernel, bias: false), output);
}

/// <summary>The extent of the kernels in time. In space, all are cubes of size 3.</summary>
internal enum TimeKernel
{
    /// <summary>A cube in space and a line in time: 27 + 2 taps.</summary>
    Hybrid,

    /// <summary>A cube in space and time: 81 taps.</summary>
    Cube,

    /// <summary>A single frame: 27 taps.</summary>
    None,
}
