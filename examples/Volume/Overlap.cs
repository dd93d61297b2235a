namespace Vessels;

/// <summary>Counts of voxels, over one scan or more, and Dice's coefficient of them.</summary>
internal readonly record struct Overlap(long Both, long Predicted, long True)
{
    /// <summary>2 * both / (predicted + true), 0 to 1; 1 where there is nothing to find and nothing was found.</summary>
    public double Dice => Predicted + True == 0 ? 1 : 2.0 * Both / (Predicted + True);

    /// <summary>Over all voxels of a scan: what its threshold dropped counts as missed.</summary>
    public static Overlap Of(Scan scan, IReadOnlyList<bool> vessel)
    {
        var truth = scan.Truth!;
        var (both, predicted) = (0L, 0L);
        foreach (var (cell, one) in scan.Cells.Zip(vessel))
        {
            predicted += one ? 1 : 0;
            both += one && truth[cell] ? 1 : 0;
        }
        return new Overlap(both, predicted, truth.LongCount(one => one));
    }

    public static Overlap operator +(Overlap left, Overlap right) =>
        new(left.Both + right.Both, left.Predicted + right.Predicted, left.True + right.True);
}
