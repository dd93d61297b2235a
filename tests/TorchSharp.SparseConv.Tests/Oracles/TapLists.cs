namespace TorchSharp.SparseConv.Tests.Oracles;

/// <summary>The taps of kernel shapes by their definitions: cells of a box, row-major, the last axis fastest.</summary>
internal static class TapLists
{
    internal static int[][] Box(int[] size)
    {
        IEnumerable<int[]> cells =
        [
            [],
        ];
        foreach (var axis in size)
        {
            cells = cells.SelectMany(cell => Enumerable.Range(0, axis).Select(value => (int[])[.. cell, value]));
        }

        return [.. cells];
    }

    /// <summary>The cells that differ from the centre on one axis at most.</summary>
    internal static int[][] Cross(int[] size) => [.. Box(size).Where(cell => OffCentre(cell, size).Count() <= 1)];

    /// <summary>A box over some axes, and an arm along each of the others, through the centre.</summary>
    internal static int[][] Hybrid(int[] size, params int[] cubeAxes) =>
        [
            .. Box(size)
                .Where(cell =>
                    OffCentre(cell, size).Count() <= 1 || OffCentre(cell, size).All(axis => cubeAxes.Contains(axis))
                ),
        ];

    private static IEnumerable<int> OffCentre(int[] cell, int[] size) =>
        Enumerable.Range(0, size.Length).Where(axis => cell[axis] != (size[axis] - 1) / 2);
}
