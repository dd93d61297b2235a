namespace TorchSharp.SparseConv.Data;

// Point clouds in the arrays of NumPy: one array of [n, 3] or more columns, or an archive with an array for the
// positions and one for each attribute.
internal static class ArrayClouds
{
    private const string Positions = "positions";
    private const string OriginName = "origin";

    // The names that other programs give to positions.
    private static readonly string[] PositionNames = [Positions, "points", "xyz", "coord", "coords"];

    public static PointCloud ReadNpy(string path)
    {
        var array = NpyFile.Read(path);
        return Place(path, array, null, Rest(path, "the array", array));
    }

    public static void WriteNpy(string path, PointCloud cloud)
    {
        if (cloud.Attributes.Count > 0 || cloud.Origin != Origin.Zero)
        {
            throw new ArgumentException(
                $"the cloud has {cloud.Attributes.Count} attributes and the origin "
                    + $"{cloud.Origin}, an .npy file holds positions only: write .npz",
                nameof(cloud)
            );
        }
        NpyFile.Write(path, new NumberArray(cloud.Positions, cloud.Count, 3));
    }

    public static PointCloud ReadNpz(string path)
    {
        var arrays = NpzFile.Read(path);
        var name =
            PositionNames.FirstOrDefault(known => arrays.Any(array => Is(array.Key, known)))
            ?? throw new PointCloudException(
                path,
                $"has no array {string.Join(" or ", PositionNames)}, expected positions"
            );
        var positions = arrays.First(array => Is(array.Key, name)).Value;
        var attributes = Rest(path, name, positions);
        Origin? origin = null;
        foreach (var (key, array) in arrays.Where(array => !Is(array.Key, name)))
        {
            if (Is(key, OriginName) && array.Count == 3 && array.ToDouble() is [var x, var y, var z])
            {
                origin =
                    double.IsFinite(x) && double.IsFinite(y) && double.IsFinite(z)
                        ? new Origin(x, y, z)
                        : throw new PointCloudException(path, $"the origin is {x}, {y}, {z}, must be finite");
                continue;
            }
            if (
                array.Shape.Count is < 1 or > 2
                || array.Shape[0] != positions.Shape[0]
                || (array.Shape.Count == 2 && array.Shape[1] == 0)
            )
            {
                throw new PointCloudException(
                    path,
                    $"{key} is {array}, expected one row for each of the {positions.Shape[0]} points"
                );
            }
            attributes.Add(Attribute(path, key, array));
        }
        return Place(path, positions, origin, attributes);
    }

    public static void WriteNpz(string path, PointCloud cloud)
    {
        var arrays = new List<KeyValuePair<string, NumberArray>>
        {
            new(Positions, new NumberArray(cloud.Positions, cloud.Count, 3)),
        };
        if (cloud.Origin != Origin.Zero)
        {
            arrays.Add(new(OriginName, new NumberArray(new[] { cloud.Origin.X, cloud.Origin.Y, cloud.Origin.Z }, 3)));
        }
        arrays.AddRange(cloud.Attributes.Select(attribute => KeyValuePair.Create(attribute.Name, attribute.Values)));
        NpzFile.Write(path, arrays);
    }

    private static bool Is(string key, string name) => string.Equals(key, name, StringComparison.Ordinal);

    private static PointAttribute Attribute(string path, string name, NumberArray array)
    {
        try
        {
            return new PointAttribute(name, array.Values, array.Shape.Count == 2 ? array.Shape[1] : 1);
        }
        catch (ArgumentException error)
        {
            throw new PointCloudException(path, $"\"{name}\" is no name of an attribute", innerException: error);
        }
    }

    // Returns the columns after x, y and z as an attribute.
    private static List<PointAttribute> Rest(string path, string name, NumberArray array)
    {
        if (array.Shape.Count != 2 || array.Shape[1] < 3)
        {
            throw new PointCloudException(
                path,
                $"{name} is {array}, expected a row of x, y, z and perhaps more for each point"
            );
        }
        var width = array.Shape[1];
        return width == 3 ? [] : [new PointAttribute("features", Columns(array, 3, width - 3), width - 3)];
    }

    private static PointCloud Place(string path, NumberArray array, Origin? origin, List<PointAttribute> attributes)
    {
        var columns = array.Shape[1] == 3 ? array.Values : Columns(array, 0, 3);
        try
        {
            if (columns is float[] near)
            {
                return new PointCloud(near, origin ?? Origin.Zero, attributes);
            }
            var world = NumberTypes.Convert<double>(columns);
            var place = WorldPositions.OriginFor(world);
            var moved = origin is { } given
                ? new Origin(place.X + given.X, place.Y + given.Y, place.Z + given.Z)
                : place;
            return new PointCloud(WorldPositions.From(world, place), moved, attributes);
        }
        catch (ArgumentException error)
        {
            throw new PointCloudException(path, $"is no cloud: {error.Message}", innerException: error);
        }
    }

    private static Array Columns(NumberArray array, int first, int count)
    {
        var (rows, width) = (array.Shape[0], array.Shape[1]);
        var size = NumberTypes.Size(array.Type);
        var result = NumberTypes.NewArray(array.Type, checked(rows * count));
        var from = NumberBytes.AsBytes(array.Values);
        var to = NumberBytes.AsBytes(result);
        for (var row = 0; row < rows; row++)
        {
            from.Slice((row * width + first) * size, count * size).CopyTo(to[(row * count * size)..]);
        }
        return result;
    }
}
