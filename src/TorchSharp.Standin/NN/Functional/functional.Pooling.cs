#nullable disable
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor max_pool1d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) => MaxPool("max_pool1d", input, [kernel_size], Some(stride), Some(padding), Some(dilation), ceil_mode);

            public static Tensor max_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) =>
                MaxPool(
                    "max_pool2d",
                    input,
                    Same(2, kernel_size),
                    Same(2, stride),
                    Same(2, padding),
                    Same(2, dilation),
                    ceil_mode
                );

            public static Tensor max_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                (long, long)? dilation = null,
                bool ceil_mode = false
            ) =>
                MaxPool(
                    "max_pool2d",
                    input,
                    Axes(kernel_size),
                    AxesOrNull(stride),
                    AxesOrNull(padding),
                    AxesOrNull(dilation),
                    ceil_mode
                );

            public static Tensor max_pool2d(
                Tensor input,
                long[] kernel_size,
                long[] strides = null,
                long[] padding = null,
                long[] dilation = null,
                bool ceil_mode = false
            ) => MaxPool("max_pool2d", input, kernel_size, strides, padding, dilation, ceil_mode);

            public static Tensor max_pool3d(
                Tensor input,
                long[] kernel_size,
                long[] strides = null,
                long[] padding = null,
                long[] dilation = null,
                bool ceil_mode = false
            ) => MaxPool("max_pool3d", input, kernel_size, strides, padding, dilation, ceil_mode);

            public static (Tensor output, Tensor indices) max_pool1d_with_indices(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                bool ceil_mode = false
            ) =>
                MaxPoolIndices(
                    "max_pool1d",
                    input,
                    [kernel_size],
                    Some(stride),
                    Some(padding),
                    Some(dilation),
                    ceil_mode
                );

            public static (Tensor output, Tensor indices) max_pool2d_with_indices(
                Tensor input,
                long[] kernel_size,
                long[] strides = null,
                long[] padding = null,
                long[] dilation = null,
                bool ceil_mode = false
            ) => MaxPoolIndices("max_pool2d", input, kernel_size, strides, padding, dilation, ceil_mode);

            public static (Tensor output, Tensor indices) max_pool3d_with_indices(
                Tensor input,
                long[] kernel_size,
                long[] strides = null,
                long[] padding = null,
                long[] dilation = null,
                bool ceil_mode = false
            ) => MaxPoolIndices("max_pool3d", input, kernel_size, strides, padding, dilation, ceil_mode);

            public static Tensor avg_pool1d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true
            ) =>
                Aten.Call(
                    "avg_pool1d",
                    input,
                    new[] { kernel_size },
                    Some(stride ?? kernel_size),
                    Some(padding ?? 0),
                    ceil_mode,
                    count_include_pad
                );

            public static Tensor avg_pool2d(
                Tensor input,
                long kernel_size,
                long? stride = null,
                long padding = 0,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    input,
                    Same(2, kernel_size),
                    Same(2, stride),
                    Same(2, padding),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor avg_pool2d(
                Tensor input,
                (long, long) kernel_size,
                (long, long)? stride = null,
                (long, long)? padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                avg_pool2d(
                    input,
                    Axes(kernel_size),
                    AxesOrNull(stride),
                    AxesOrNull(padding),
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor avg_pool2d(
                Tensor input,
                long[] kernel_size,
                long[] stride = null,
                long[] padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                AvgPool(
                    "avg_pool2d",
                    input,
                    kernel_size,
                    stride,
                    padding,
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            public static Tensor avg_pool3d(
                Tensor input,
                long[] kernel_size,
                long[] stride = null,
                long[] padding = null,
                bool ceil_mode = false,
                bool count_include_pad = true,
                long? divisor_override = null
            ) =>
                AvgPool(
                    "avg_pool3d",
                    input,
                    kernel_size,
                    stride,
                    padding,
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            private static Tensor MaxPool(
                string name,
                Tensor input,
                long[] kernel,
                long[] stride,
                long[] padding,
                long[] dilation,
                bool ceil_mode
            ) => Aten.Call(name, input, kernel, stride ?? kernel, padding ?? [0], dilation ?? [1], ceil_mode);

            private static (Tensor, Tensor) MaxPoolIndices(
                string name,
                Tensor input,
                long[] kernel,
                long[] stride,
                long[] padding,
                long[] dilation,
                bool ceil_mode
            ) =>
                Aten.Call2(
                    name + "_with_indices",
                    input,
                    kernel,
                    stride ?? kernel,
                    padding ?? [0],
                    dilation ?? [1],
                    ceil_mode
                );

            private static Tensor AvgPool(
                string name,
                Tensor input,
                long[] kernel,
                long[] stride,
                long[] padding,
                bool ceil_mode,
                bool count_include_pad,
                long? divisor_override
            ) =>
                Aten.Call(
                    name,
                    input,
                    kernel,
                    stride ?? kernel,
                    padding ?? [0],
                    ceil_mode,
                    count_include_pad,
                    divisor_override
                );

            private static long[] Some(long? value) => value is { } v ? [v] : null;
        }
    }
}
