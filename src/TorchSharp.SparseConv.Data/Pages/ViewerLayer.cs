namespace TorchSharp.SparseConv.Data;

// Points, or voxels as boxes: where they are and what they have.
internal sealed class ViewerLayer
{
    private readonly Func<ViewerPlaces> _places;

    private ViewerLayer(
        string name,
        Array source,
        Origin origin,
        IReadOnlyList<PointAttribute> attributes,
        Func<ViewerPlaces> places
    )
    {
        Name = name;
        Source = source;
        Origin = origin;
        Attributes = attributes;
        _places = places;
    }

    public string Name { get; }

    // The array of positions: layers of one array share their places.
    public Array Source { get; }

    public Origin Origin { get; }

    public IReadOnlyList<PointAttribute> Attributes { get; }

    // The edges of a voxel, metres; null for points.
    public double[]? Box { get; private init; }

    public static ViewerLayer Of(PointCloud cloud) =>
        new("", cloud.Positions, cloud.Origin, cloud.Attributes, () => ViewerPlaces.Of(cloud.Positions));

    public static ViewerLayer Of(VoxelLevel level)
    {
        double[] edges =
        [
            level.Stride.X * level.VoxelSize.X,
            level.Stride.Y * level.VoxelSize.Y,
            level.Stride.Z * level.VoxelSize.Z,
        ];
        return new ViewerLayer(
            level.Name,
            level.Coordinates,
            level.Origin,
            level.Attributes,
            () => ViewerPlaces.Of(level.Coordinates, edges)
        )
        {
            Box = edges,
        };
    }

    public ViewerPlaces Places() => _places();
}
