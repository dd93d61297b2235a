using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor pad(
                Tensor input,
                long[] pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) =>
                mode switch
                {
                    PaddingModes.Reflect => Aten.Call("pad", input, pad, "reflect"),
                    PaddingModes.Replicate => Aten.Call("pad", input, pad, "replicate"),
                    PaddingModes.Circular => Aten.Call("pad", input, pad, "circular"),
                    _ => Aten.Call("pad", input, pad, "constant", value),
                };

            public static Tensor pad(
                Tensor input,
                ReadOnlySpan<long> pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, pad.ToArray(), mode, value);

            public static Tensor pad(
                Tensor input,
                (long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, (long[])[pad.Item1, pad.Item2], mode, value);

            public static Tensor pad(
                Tensor input,
                (long, long, long, long) pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, (long[])[pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>Pads every axis, batch and channels too, on both sides.</summary>
            public static Tensor pad(
                Tensor input,
                long pad,
                PaddingModes mode = PaddingModes.Constant,
                double value = 0
            ) => functional.pad(input, Enumerable.Repeat(pad, 2 * (int)input.ndim).ToArray(), mode, value);

            public static Tensor grid_sample(
                Tensor input,
                Tensor grid,
                GridSampleMode mode = GridSampleMode.Bilinear,
                GridSamplePaddingMode padding_mode = GridSamplePaddingMode.Zeros,
                bool? align_corners = null
            )
            {
                // ATen's own numbers.
                long interpolation = mode == GridSampleMode.Nearest ? 1 : 0;
                long padding = padding_mode switch
                {
                    GridSamplePaddingMode.Border => 1,
                    GridSamplePaddingMode.Reflection => 2,
                    _ => 0,
                };
                return Aten.Call("grid_sampler", input, grid, interpolation, padding, align_corners ?? false);
            }

            public static Tensor interpolate(
                Tensor x,
                long[]? size = null,
                double[]? scale_factor = null,
                InterpolationMode mode = InterpolationMode.Nearest,
                bool? align_corners = null,
                bool recompute_scale_factor = false,
                bool antialias = false
            )
            {
                int axes = (int)x.ndim - 2;
                double[]? scales = scale_factor is [var all] ? Enumerable.Repeat(all, axes).ToArray() : scale_factor;
                if (scales is not null && (recompute_scale_factor || mode == InterpolationMode.Area))
                {
                    size = x.shape.Skip(2).Zip(scales, (length, scale) => (long)Math.Floor(length * scale)).ToArray();
                    scales = null;
                }

                string name =
                    (antialias ? "_" : "") + "upsample_" + Kind(mode, axes) + (antialias ? "_aa" : "") + ".vec";
                return mode switch
                {
                    InterpolationMode.Area => Aten.Call($"adaptive_avg_pool{axes}d", x, size),
                    InterpolationMode.Nearest => Aten.Call(name, x, size, scales),
                    InterpolationMode.NearestExact => Aten.Call("_" + name, x, size, scales),
                    _ => Aten.Call(name, x, size, align_corners ?? false, scales),
                };
            }

            private static string Kind(InterpolationMode mode, int axes) =>
                mode switch
                {
                    InterpolationMode.Nearest => $"nearest{axes}d",
                    InterpolationMode.NearestExact => $"nearest_exact{axes}d",
                    InterpolationMode.Linear => "linear1d",
                    InterpolationMode.Bilinear => "bilinear2d",
                    InterpolationMode.Bicubic => "bicubic2d",
                    _ => "trilinear3d",
                };
        }
    }
}
