namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>The one list of cases that law, oracle, gradient and level tests run. To add one: add a line.</summary>
public static class Cases
{
    public static IEnumerable<Case> All =>
        [
            Submanifold("1d_submanifold_3", 1, [3], rows: 12, extent: 20),
            Submanifold("2d_submanifold_3", 2, [3], rows: 40, extent: 9),
            Submanifold("3d_submanifold_3", 3, [3], rows: 90, extent: 7),
            Submanifold("4d_submanifold_3", 4, [3], rows: 90, extent: 5),
            Submanifold("3d_submanifold_5", 3, [5], rows: 60, extent: 6),
            Submanifold("3d_submanifold_1", 3, [1], rows: 60, extent: 6),
            Submanifold("3d_submanifold_even_2", 3, [2], rows: 60, extent: 6),
            Submanifold("2d_submanifold_even_4", 2, [4], rows: 40, extent: 8),
            Submanifold("3d_submanifold_dilated_2", 3, [3], rows: 60, extent: 7, dilation: [2]),
            Submanifold("3d_submanifold_not_cubic", 3, [1, 3, 5], rows: 60, extent: 6),
            Submanifold("3d_full_box", 3, [3], rows: 1000, extent: 10, batches: 1),
            Submanifold("3d_one_channel", 3, [3], rows: 60, extent: 6, channels: (1, 1)),
            Submanifold("3d_tails_17_to_33", 3, [3], rows: 80, extent: 6, channels: (17, 33)),
            Submanifold("3d_wide_64_to_48", 3, [3], rows: 120, extent: 6, channels: (64, 48)),
            Submanifold("3d_far_apart_no_neighbours", 3, [3], rows: 20, extent: 1_000_000),
            Submanifold("3d_lowest_coordinates", 3, [3], rows: 30, low: int.MinValue, high: int.MinValue + 5),
            Submanifold("3d_highest_coordinates", 3, [3], rows: 30, low: int.MaxValue - 5, high: int.MaxValue),
            Submanifold("1d_whole_int32_range", 1, [3], rows: 30, low: int.MinValue, high: int.MaxValue),
            Submanifold("3d_one_voxel", 3, [3], rows: 1, extent: 6),
            Submanifold("3d_empty", 3, [3], rows: 0, extent: 6),
            Strided("1d_dilate_3_stride_2", 1, [3], [2], padding: [1], rows: 12),
            Strided("2d_dilate_3_stride_2", 2, [3], [2], padding: [1], rows: 40),
            Strided("3d_dilate_3_stride_2", 3, [3], [2], padding: [1], rows: 80),
            Strided("4d_dilate_2_stride_2", 4, [2], [2], padding: [0], rows: 80),
            Strided("3d_dilate_3_stride_1", 3, [3], [1], padding: [1], rows: 40),
            Strided("3d_dilate_4_stride_3", 3, [4], [3], padding: [2], rows: 80),
            Strided("3d_dilate_dilated", 3, [3], [2], padding: [2], rows: 60, dilation: [2]),
            Strided("3d_dilate_by_axis", 3, [1, 2, 3], [1, 2, 3], padding: [0, 1, 2], rows: 80, dilation: [3, 2, 1]),
            Strided("3d_dilate_in_a_shape", 3, [3], [2], padding: [1], rows: 80, shape: [9, 8, 7]),
            Strided("2d_dilate_in_an_odd_shape", 2, [2], [2], padding: [0], rows: 40, shape: [9, 7]),
            Strided("3d_dilate_one_voxel", 3, [3], [2], padding: [1], rows: 1),
            Strided("3d_dilate_empty", 3, [3], [2], padding: [1], rows: 0),
            Strided("3d_tiling_2", 3, [2], [2], padding: [0], rows: 90),
            Strided("3d_stride_without_coverage", 3, [1], [2], padding: [0], rows: 80),
            Strided("3d_downsample_2", 3, [2], [2], [0], rows: 90, sites: CaseSites.Downsample),
            Strided("3d_downsample_3_stride_2", 3, [3], [2], [1], rows: 90, sites: CaseSites.Downsample),
            Strided("2d_downsample_in_a_shape", 2, [2], [2], [0], rows: 40, sites: CaseSites.Downsample, shape: [9, 7]),
            Strided("4d_downsample_3_stride_2", 4, [3], [2], [1], rows: 80, sites: CaseSites.Downsample),
            Explicit("2d_explicit_sites", 2, [3], [2], [1], rows: 40),
            Explicit("3d_explicit_sites", 3, [3], [2], [1], rows: 80),
            Explicit("3d_explicit_sites_stride_1", 3, [3], [1], [0], rows: 80),
        ];

    public static Case Named(string name) => All.Single(one => string.Equals(one.Name, name, StringComparison.Ordinal));

    /// <summary>Those small enough for one convolution per element.</summary>
    public static IEnumerable<Case> Small =>
        All.Where(one => one.Fine.Length <= 400 && one.InChannels * one.OutChannels < 50);

    private static Case Submanifold(
        string name,
        int dimensions,
        int[] size,
        int rows,
        int extent = 0,
        int low = 0,
        int high = 0,
        int[]? dilation = null,
        (int In, int Out)? channels = null,
        int batches = 2
    )
    {
        var sizes = Expand(size, dimensions);
        var dilations = Expand(dilation ?? [1], dimensions);
        return new Case
        {
            Name = name,
            Dimensions = dimensions,
            Size = sizes,
            Stride = Expand([1], dimensions),
            Dilation = dilations,
            Padding = [.. sizes.Zip(dilations, (taps, step) => step * (taps - 1) / 2)],
            // An extent is centred on the origin: half of the coordinates are negative.
            Fine =
                extent > 0
                    ? Cloud.Draw(rows + 7, dimensions, rows, -extent / 2, extent - (extent / 2), batches)
                    : Cloud.Draw(rows + 7, dimensions, rows, low, high, batches),
            Sites = CaseSites.Same,
            InChannels = channels?.In ?? 3,
            OutChannels = channels?.Out ?? 5,
        };
    }

    private static Case Strided(
        string name,
        int dimensions,
        int[] size,
        int[] stride,
        int[] padding,
        int rows,
        int[]? dilation = null,
        int[]? shape = null,
        CaseSites sites = CaseSites.Dilate
    ) =>
        new()
        {
            Name = name,
            Dimensions = dimensions,
            Size = Expand(size, dimensions),
            Stride = Expand(stride, dimensions),
            Dilation = Expand(dilation ?? [1], dimensions),
            Padding = Expand(padding, dimensions),
            Fine = shape is null
                ? Cloud.Draw(rows + 11, dimensions, rows, -5, 5, batches: 2)
                : Cloud.Draw(rows + 11, dimensions, rows, 0, shape.Min(), batches: 2),
            Shape = shape,
            Sites = sites,
        };

    private static Case Explicit(string name, int dimensions, int[] size, int[] stride, int[] padding, int rows) =>
        new()
        {
            Name = name,
            Dimensions = dimensions,
            Size = Expand(size, dimensions),
            Stride = Expand(stride, dimensions),
            Dilation = Expand([1], dimensions),
            Padding = Expand(padding, dimensions),
            Fine = Cloud.Draw(rows + 13, dimensions, rows, -5, 5, batches: 2),
            // Wider than the voxels: some sites meet none of them.
            Coarse = Cloud.Draw(rows + 17, dimensions, rows / 2, -6, 7, batches: 3),
            Sites = CaseSites.Explicit,
        };

    private static int[] Expand(int[] values, int dimensions) =>
        values.Length == dimensions ? values : [.. Enumerable.Repeat(values[0], dimensions)];
}
