using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

public abstract class Convolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(bias))]
    protected Parameter? _bias;

    [ComponentName(Name = nameof(weight))]
    protected Parameter? _weight;

    /// <summary>The padding as functional.pad takes it: last axis first, each side.</summary>
    protected long[] _reversed_padding_repeated_twice = [];

    protected Convolution(
        string name,
        long in_channels,
        long out_channels,
        long[] kernel_size,
        long[] stride,
        long[]? padding,
        Padding? padding_type,
        long[] dilation,
        bool transposed,
        long[] output_padding,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        Device? device = null,
        ScalarType? dtype = null
    )
        : base(name)
    {
        if (transposed && padding_mode != PaddingModes.Zeros)
        {
            throw new ArgumentException(
                "Only PaddingModes.Zeros is supported for ConvTransposeND",
                nameof(padding_mode)
            );
        }

        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.dilation = dilation;
        this.transposed = transposed;
        this.output_padding = output_padding;
        this.groups = groups;
        this.padding_mode = padding_mode;
        if (padding_type is { } type)
        {
            SetPadding(type);
        }
        else
        {
            SetPadding(padding ?? new long[kernel_size.Length]);
        }

        var (first, second) = transposed ? (in_channels, out_channels / groups) : (out_channels, in_channels / groups);
        weight = nn.Parameter(empty([first, second, .. kernel_size], dtype, device));
        this.bias = bias ? nn.Parameter(empty([out_channels], dtype, device)) : null;
        reset_parameters();
    }

    public long in_channels { get; }

    public long out_channels { get; }

    public bool transposed { get; }

    public Padding? padding_type { get; private set; }

    public long[]? padding { get; private set; }

    public PaddingModes padding_mode { get; set; }

    public long groups { get; set; }

    public long[] kernel_size { get; set; }

    public long[] stride { get; set; }

    public long[] dilation { get; set; }

    public long[] output_padding { get; set; }

    public Parameter? bias
    {
        get => _bias;
        set => SetParameter(ref _bias, value, nameof(bias));
    }

    public Parameter weight
    {
        get => _weight!;
        set => SetParameter(ref _weight, value, nameof(weight));
    }

    public void reset_parameters() => nn.init.ResetLikeLinear(weight, bias);

    public void SetPadding(long[] padding)
    {
        padding_type = null;
        this.padding = padding;
        _reversed_padding_repeated_twice = [.. padding.Reverse().SelectMany(side => (long[])[side, side])];
    }

    public void SetPadding(Padding padding)
    {
        if (transposed)
        {
            throw new ArgumentException("Cannot set padding type on ConvTransposeND");
        }

        if (padding == Padding.Same && stride.Any(step => step != 1))
        {
            throw new ArgumentException("padding='same' is not supported for strided convolutions");
        }

        this.padding = null;
        padding_type = padding;
        IEnumerable<long> totals = kernel_size.Zip(
            dilation,
            (size, gap) => padding == Padding.Same ? gap * (size - 1) : 0
        );
        _reversed_padding_repeated_twice =
        [
            .. totals.Reverse().SelectMany(total => (long[])[total / 2, total - total / 2]),
        ];
    }

    protected bool ValidateShape(Tensor input, long dimensions) =>
        (input.ndim == dimensions + 2 && input.shape[1] == in_channels)
        || (input.ndim == dimensions + 1 && input.shape[0] == in_channels);

    private protected void RequireShape(Tensor input, int dimensions)
    {
        if (!ValidateShape(input, dimensions))
        {
            throw new ArgumentException(
                $"Expected {dimensions + 1}D (unbatched) or {dimensions + 2}D (batched) input with {in_channels} "
                    + $"channels to {GetName()}."
            );
        }
    }

    private protected Tensor Convolve(Tensor input, int dimensions)
    {
        RequireShape(input, dimensions);
        string name = $"conv{dimensions}d";
        if (padding_mode != PaddingModes.Zeros)
        {
            using Tensor padded = nn.functional.pad(input, _reversed_padding_repeated_twice, padding_mode);
            return Aten.Call(name, padded, weight, bias, stride, new long[dimensions], dilation, groups);
        }

        return padding_type is { } type
            ? Aten.Call(
                name + ".padding",
                input,
                weight,
                bias,
                stride,
                type == Padding.Same ? "same" : "valid",
                dilation,
                groups
            )
            : Aten.Call(name, input, weight, bias, stride, padding, dilation, groups);
    }
}
