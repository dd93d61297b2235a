namespace TorchSharp.SparseConv.Data;

/// <summary>The place in the world from which a cloud's positions are counted; it keeps large map coordinates exact, which 32-bit positions alone cannot.</summary>
/// <param name="X">Added to every x.</param>
/// <param name="Y">Added to every y.</param>
/// <param name="Z">Added to every z.</param>
public readonly record struct Origin(double X, double Y, double Z)
{
    /// <summary>The world's own origin.</summary>
    public static Origin Zero => default;

    /// <summary>The value of one axis: 0 is x, 1 y, 2 z.</summary>
    public double this[int axis] =>
        axis switch
        {
            0 => X,
            1 => Y,
            2 => Z,
            _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, "must be 0, 1 or 2"),
        };
}
