#nullable disable
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static MaxPool1d MaxPool1d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            long? dilation = null,
            bool ceil_mode = false
        ) => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static AvgPool1d AvgPool1d(
            long kernel_size,
            long? stride = null,
            long padding = 0,
            bool ceil_mode = false,
            bool count_include_pad = true
        ) => new(kernel_size, stride, padding, ceil_mode, count_include_pad);

        public static MaxPool2d MaxPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            long? dilation = null,
            bool ceil_mode = false
        ) => new(Same(2, kernel_size), Same(2, stride), Same(2, padding), Same(2, dilation), ceil_mode);

        public static MaxPool2d MaxPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? dilation = null,
            bool ceil_mode = false
        ) => new(Axes(kernel_size), AxesOrNull(stride), AxesOrNull(padding), AxesOrNull(dilation), ceil_mode);

        public static MaxPool2d MaxPool2d(
            long[] kernel_size,
            long[] stride = null,
            long[] padding = null,
            long[] dilation = null,
            bool ceil_mode = false
        ) => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static AvgPool2d AvgPool2d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Same(2, kernel_size),
                Same(2, stride),
                Same(2, padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        public static AvgPool2d AvgPool2d(
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Axes(kernel_size),
                AxesOrNull(stride),
                AxesOrNull(padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        public static AvgPool2d AvgPool2d(
            long[] kernel_size,
            long[] stride = null,
            long[] padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        public static MaxPool3d MaxPool3d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            long? dilation = null,
            bool ceil_mode = false
        ) => new(Same(3, kernel_size), Same(3, stride), Same(3, padding), Same(3, dilation), ceil_mode);

        public static MaxPool3d MaxPool3d(
            (long, long, long) kernel_size,
            (long, long, long)? stride = null,
            (long, long, long)? padding = null,
            (long, long, long)? dilation = null,
            bool ceil_mode = false
        ) => new(Axes(kernel_size), AxesOrNull(stride), AxesOrNull(padding), AxesOrNull(dilation), ceil_mode);

        public static MaxPool3d MaxPool3d(
            long[] kernel_size,
            long[] stride = null,
            long[] padding = null,
            long[] dilation = null,
            bool ceil_mode = false
        ) => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static AvgPool3d AvgPool3d(
            long kernel_size,
            long? stride = null,
            long? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Same(3, kernel_size),
                Same(3, stride),
                Same(3, padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        public static AvgPool3d AvgPool3d(
            (long, long, long) kernel_size,
            (long, long, long)? stride = null,
            (long, long, long)? padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) =>
            new(
                Axes(kernel_size),
                AxesOrNull(stride),
                AxesOrNull(padding),
                ceil_mode,
                count_include_pad,
                divisor_override
            );

        public static AvgPool3d AvgPool3d(
            long[] kernel_size,
            long[] stride = null,
            long[] padding = null,
            bool ceil_mode = false,
            bool count_include_pad = true,
            long? divisor_override = null
        ) => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        private static long[] Same(int axes, long? value) =>
            value is { } v ? Enumerable.Repeat(v, axes).ToArray() : null;

        private static long[] AxesOrNull((long, long)? axes) => axes is { } a ? Axes(a) : null;

        private static long[] AxesOrNull((long, long, long)? axes) => axes is { } a ? Axes(a) : null;
    }
}
