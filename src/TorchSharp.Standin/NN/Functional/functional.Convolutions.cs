using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) =>
                Aten.Call("linear", input, weights, bias);

            public static Tensor conv1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                long groups = 1
            ) => Aten.Call("conv1d", input, weight, bias, One(stride, 1), One(padding, 0), One(dilation, 1), groups);

            public static Tensor conv2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1
            ) => Aten.Call("conv2d", input, weight, bias, strides ?? [1], padding ?? [0], dilation ?? [1], groups);

            public static Tensor conv3d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1
            ) => Aten.Call("conv3d", input, weight, bias, strides ?? [1], padding ?? [0], dilation ?? [1], groups);

            public static Tensor conv_transpose1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? output_padding = null,
                long? dilation = null,
                long groups = 1
            ) =>
                Aten.Call(
                    "conv_transpose1d",
                    input,
                    weight,
                    bias,
                    One(stride, 1),
                    One(padding, 0),
                    One(output_padding, 0),
                    groups,
                    One(dilation, 1)
                );

            public static Tensor conv_transpose2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? output_padding = null,
                long[]? dilation = null,
                long groups = 1
            ) =>
                Aten.Call(
                    "conv_transpose2d.input",
                    input,
                    weight,
                    bias,
                    strides ?? [1],
                    padding ?? [0],
                    output_padding ?? [0],
                    groups,
                    dilation ?? [1]
                );

            public static Tensor conv_transpose3d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? output_padding = null,
                long[]? dilation = null,
                long groups = 1
            ) =>
                Aten.Call(
                    "conv_transpose3d.input",
                    input,
                    weight,
                    bias,
                    strides ?? [1],
                    padding ?? [0],
                    output_padding ?? [0],
                    groups,
                    dilation ?? [1]
                );

            /// <summary>Blocks of an image as columns: [N, C * taps, blocks].</summary>
            public static Tensor unfold(
                Tensor input,
                long kernel_size,
                long dilation = 1,
                long padding = 0,
                long stride = 1
            ) => Aten.Call("im2col", input, Two(kernel_size), Two(dilation), Two(padding), Two(stride));

            public static Tensor fold(
                Tensor input,
                long output_size,
                long kernel_size,
                long dilation = 1,
                long padding = 0,
                long stride = 1
            ) =>
                Aten.Call(
                    "col2im",
                    input,
                    Two(output_size),
                    Two(kernel_size),
                    Two(dilation),
                    Two(padding),
                    Two(stride)
                );

            private static long[] One(long? value, long otherwise) => [value ?? otherwise];

            private static long[] Two(long value) => [value, value];
        }
    }
}
