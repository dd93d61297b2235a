using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Conv1d Conv1d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size],
                [stride],
                [padding],
                null,
                [dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv1d Conv1d(
            long in_channels,
            long out_channels,
            long kernel_size,
            Padding padding,
            long stride = 1,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size],
                [stride],
                null,
                padding,
                [dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size],
                [stride, stride],
                [padding, padding],
                null,
                [dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1)),
                Axes(padding ?? (0, 0)),
                null,
                Axes(dilation ?? (1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            Padding padding,
            long stride = 1,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size],
                [stride, stride],
                null,
                padding,
                [dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv2d Conv2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            Padding padding,
            (long, long)? stride = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1)),
                null,
                padding,
                Axes(dilation ?? (1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv3d Conv3d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size, kernel_size],
                [stride, stride, stride],
                [padding, padding, padding],
                null,
                [dilation, dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv3d Conv3d(
            long in_channels,
            long out_channels,
            (long, long, long) kernel_size,
            (long, long, long)? stride = null,
            (long, long, long)? padding = null,
            (long, long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1, 1)),
                Axes(padding ?? (0, 0, 0)),
                null,
                Axes(dilation ?? (1, 1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv3d Conv3d(
            long in_channels,
            long out_channels,
            long kernel_size,
            Padding padding,
            long stride = 1,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size, kernel_size],
                [stride, stride, stride],
                null,
                padding,
                [dilation, dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static Conv3d Conv3d(
            long in_channels,
            long out_channels,
            (long, long, long) kernel_size,
            Padding padding,
            (long, long, long)? stride = null,
            (long, long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1, 1)),
                null,
                padding,
                Axes(dilation ?? (1, 1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static ConvTranspose1d ConvTranspose1d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long output_padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size],
                [stride],
                [padding],
                [output_padding],
                [dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static ConvTranspose2d ConvTranspose2d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long output_padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size],
                [stride, stride],
                [padding, padding],
                [output_padding, output_padding],
                [dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static ConvTranspose2d ConvTranspose2d(
            long in_channels,
            long out_channels,
            (long, long) kernel_size,
            (long, long)? stride = null,
            (long, long)? padding = null,
            (long, long)? output_padding = null,
            (long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1)),
                Axes(padding ?? (0, 0)),
                Axes(output_padding ?? (0, 0)),
                Axes(dilation ?? (1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static ConvTranspose3d ConvTranspose3d(
            long in_channels,
            long out_channels,
            long kernel_size,
            long stride = 1,
            long padding = 0,
            long output_padding = 0,
            long dilation = 1,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                [kernel_size, kernel_size, kernel_size],
                [stride, stride, stride],
                [padding, padding, padding],
                [output_padding, output_padding, output_padding],
                [dilation, dilation, dilation],
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        public static ConvTranspose3d ConvTranspose3d(
            long in_channels,
            long out_channels,
            (long, long, long) kernel_size,
            (long, long, long)? stride = null,
            (long, long, long)? padding = null,
            (long, long, long)? output_padding = null,
            (long, long, long)? dilation = null,
            PaddingModes padding_mode = PaddingModes.Zeros,
            long groups = 1,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) =>
            new(
                in_channels,
                out_channels,
                Axes(kernel_size),
                Axes(stride ?? (1, 1, 1)),
                Axes(padding ?? (0, 0, 0)),
                Axes(output_padding ?? (0, 0, 0)),
                Axes(dilation ?? (1, 1, 1)),
                groups,
                bias,
                padding_mode,
                device,
                dtype
            );

        private static long[] Axes((long, long) axes) => [axes.Item1, axes.Item2];

        private static long[] Axes((long, long, long) axes) => [axes.Item1, axes.Item2, axes.Item3];
    }
}
