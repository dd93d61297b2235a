namespace TorchSharp.SparseConv;

/// <summary>
/// One or more channels of a network's input, and how they are made of what points have: value * scale + offset.
/// </summary>
public sealed class ModelInput
{
    /// <summary>The source that is the position along the first axis.</summary>
    public const string X = "x";

    /// <summary>The source that is the position along the second axis.</summary>
    public const string Y = "y";

    /// <summary>The source that is the position along the third axis.</summary>
    public const string Z = "z";

    /// <summary>The source that is the place in the voxel, -0.5 to 0.5 along each axis: one channel an axis.</summary>
    public const string VoxelOffset = "voxel_offset";

    /// <summary>The source that is 1 everywhere.</summary>
    public const string One = "one";

    /// <summary>
    /// x, y, z, voxel_offset, one, or else the name of an attribute of the points, such as intensity or color.
    /// </summary>
    public required string Source { get; init; }

    /// <summary>How many channels an attribute has; what is no attribute knows itself.</summary>
    public int Components { get; set; } = 1;

    /// <summary>What values are multiplied with.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>What is added after that.</summary>
    public double Offset { get; set; }

    /// <summary>The channel's value where points lack the attribute; null where they must have it.</summary>
    public double? Missing { get; set; }

    internal bool IsAttribute => Source is not (X or Y or Z or VoxelOffset or One);

    internal int Channels(int dimensions) =>
        Source is VoxelOffset ? dimensions
        : IsAttribute ? Components
        : 1;
}
