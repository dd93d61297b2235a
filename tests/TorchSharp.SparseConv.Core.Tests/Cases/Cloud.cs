namespace TorchSharp.SparseConv.Core.Tests;

/// <summary>Voxels drawn at random, each once, in no order.</summary>
internal static class Cloud
{
    /// <summary>int32 [rows, 1 + dimensions], coordinates in [low, high), batch indices in [0, batches).</summary>
    internal static int[] Draw(int seed, int dimensions, int rows, int low, int high, int batches = 1)
    {
        var random = new Random(seed);
        var seen = new HashSet<Site>();
        var coordinates = new List<int>();
        while (seen.Count < rows)
        {
            var row = new int[1 + dimensions];
            row[0] = random.Next(batches);
            for (var axis = 1; axis <= dimensions; axis++)
            {
                row[axis] = (int)random.NextInt64(low, (long)high + (high == int.MaxValue ? 1 : 0));
            }

            if (seen.Add(Site.From(row)))
            {
                coordinates.AddRange(row);
            }
        }
        return [.. coordinates];
    }
}
