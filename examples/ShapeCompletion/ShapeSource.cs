using System.Numerics;
using Examples.CommandLine;
using TorchSharp.SparseConv.Data;

namespace ShapeCompletion;

/// <summary>Where shapes come from: solids put together on the spot, or PLY files.</summary>
internal sealed class ShapeSource
{
    // The cube reaches from -1 to 1, and a shape's largest extent over this share of it.
    private const float Fill = 0.8f;

    private ShapeSource(string name, Func<Random, Shape> train, Func<Random, Shape> test)
    {
        Name = name;
        Train = train;
        Test = test;
    }

    public string Name { get; }

    /// <summary>A shape to learn from.</summary>
    public Func<Random, Shape> Train { get; }

    /// <summary>A shape to measure on.</summary>
    public Func<Random, Shape> Test { get; }

    public static ShapeSource Of(CompletionSettings settings)
    {
        if (settings.Folder is not { } folder)
        {
            return new ShapeSource(
                "generated",
                random => GeneratedShapes.Draw(random, settings.Size),
                random => GeneratedShapes.Draw(random, settings.Size)
            );
        }
        var (train, test) = (Read(folder, "train"), Read(folder, "val"));
        return new ShapeSource(
            $"{train.Length} + {test.Length} of {folder}",
            random => Turned(train, random, settings.Size),
            random => Turned(test, random, settings.Size)
        );
    }

    // Turned about the axis that is up, which is y in the files, as ShapeNet has it, and z here.
    private static Shape Turned(Vector3[][] shapes, Random random, int size)
    {
        var turn = Quaternion.CreateFromAxisAngle(Vector3.UnitZ, MathF.Tau * random.NextSingle());
        var points = shapes[random.Next(shapes.Length)];
        return Shape.OfPoints(size, points.Select(point => Vector3.Transform(point, turn)));
    }

    private static Vector3[][] Read(string folder, string part)
    {
        var place = Path.Combine(folder, part);
        string[] files = Directory.Exists(place)
            ? [.. Directory.GetFiles(place, "*.ply").Order(StringComparer.Ordinal)]
            : [];
        return files.Length > 0
            ? Array.ConvertAll(files, ReadShape)
            : throw new UsageException($"--data {folder}: {place} holds no .ply file");
    }

    private static Vector3[] ReadShape(string path)
    {
        var positions = PlyFile.Read(path).FinitePoints().Positions;
        if (positions.Length == 0)
        {
            throw new InvalidDataException($"{path}: holds no point, must have some");
        }
        Vector3[] points =
        [
            .. positions.Chunk(3).Select(position => new Vector3(position[0], -position[2], position[1])),
        ];
        var (low, high) = (points.Aggregate(Vector3.Min), points.Aggregate(Vector3.Max));
        var extent = Math.Max((high - low).X, Math.Max((high - low).Y, (high - low).Z));
        var scale = extent > 0 ? 2 * Fill / extent : 1;
        return Array.ConvertAll(points, point => (point - ((low + high) / 2)) * scale);
    }
}
