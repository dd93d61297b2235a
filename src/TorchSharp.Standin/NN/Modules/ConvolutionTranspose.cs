using static TorchSharp.torch;

namespace TorchSharp.Modules;

public abstract class ConvolutionTranspose : Convolution
{
    protected ConvolutionTranspose(
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
        : base(
            name,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            padding_type,
            dilation,
            transposed,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype
        ) { }

    public override Tensor forward(Tensor input) => forward(input, null);

    public abstract Tensor forward(Tensor input, long[]? output_size);

    /// <summary>The padding that makes the output as large as asked; one axis' own, for all axes, where nothing is asked.</summary>
    protected long[] _output_padding(
        Tensor input,
        long[]? output_size,
        long[] kernel_size,
        long[] stride,
        long[] padding,
        long[] dilation,
        long num_spatial_dims
    )
    {
        if (output_size is null)
        {
            return [output_padding[0]];
        }

        int axes = (int)num_spatial_dims;
        int lead = input.ndim == axes + 2 ? 2 : 1;
        long[] sizes = output_size.Length == lead + axes ? output_size[lead..] : output_size;
        if (sizes.Length != axes)
        {
            throw new ArgumentException(
                $"ConvTranspose{axes}D: for {input.ndim}D input, output_size must have {axes} or {lead + axes} elements "
                    + $"(got {sizes.Length})",
                nameof(input)
            );
        }

        long[] shape = input.shape;
        long[] extra = new long[axes];
        for (int d = 0; d < axes; ++d)
        {
            long least = (shape[d + lead] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (kernel_size[d] - 1) + 1;
            extra[d] = sizes[d] - least;
            if (extra[d] < 0 || extra[d] >= stride[d])
            {
                throw new ArgumentException(
                    $"Requested an output size of {string.Join(", ", sizes)}, but valid sizes range from {least} to "
                        + $"{least + stride[d] - 1}"
                );
            }
        }

        return extra;
    }
}
