using System.Numerics;
using TorchSharp.SparseConv.Data;

namespace ShapeCompletion;

/// <summary>
/// Writes some shapes, one above the other, as PLY files and as a page: the seen part, the completion, and the truth.
/// Each shape is rotated by quarter turns so that the page opens on the hidden side.
/// </summary>
internal static class Gallery
{
    private const int Seen = 0;
    private const int Completed = 1;
    private const int Wrong = 2;
    private const int Missed = 3;

    // The initial position of the camera of the page.
    private static readonly Vector2 Camera = new(-0.8f, -0.42f);

    private static readonly ClassPalette Palette = new(
        ["seen", "completed", "completed, but not there", "there, but missed"],
        [new Rgb(0x8a, 0x94, 0xa6), new Rgb(0x3d, 0xb0, 0x5f), new Rgb(0xe0, 0x4b, 0x4f), new Rgb(0xf2, 0xb0, 0x30)]
    );

    /// <summary>
    /// Writes input.ply, completion.ply, truth.ply and completion.html, and returns the path of the page.
    /// </summary>
    public static string Write(string folder, string subtitle, IReadOnlyList<(Sample Sample, Shape Completion)> shapes)
    {
        Directory.CreateDirectory(folder);
        var page = new ViewerPage("Shapes, completed") { Subtitle = subtitle, Classes = Palette };
        Add("input", (sample, _) => (sample.Seen, _ => Seen));
        Add("completion", (sample, whole) => (whole, cell => sample.Truth.Contains(cell) ? Completed : Wrong));
        Add("truth", (sample, whole) => (sample.Truth, cell => whole.Contains(cell) ? Completed : Missed));
        var path = Path.Combine(folder, "completion.html");
        page.Save(path);
        return path;

        void Add(string name, Func<Sample, Shape, (Shape Shape, Func<int, int> Unseen)> show)
        {
            var (coordinates, labels) = (new List<int>(), new List<int>());
            foreach (var (index, (sample, whole)) in shapes.Index())
            {
                var (shape, unseen) = show(sample, whole);
                var quarters = QuartersOf(sample);
                foreach (var cell in shape.Cells)
                {
                    var (x, y, z) = Turned(Shape.Split(cell, shape.Size), quarters, shape.Size);
                    coordinates.AddRange([x, y, z - (index * shape.Size)]);
                    labels.Add(sample.Seen.Contains(cell) ? Seen : unseen(cell));
                }
            }
            Save(Path.Combine(folder, $"{name}.ply"), name, [.. coordinates], [.. labels]);
        }

        void Save(string file, string name, int[] coordinates, int[] labels)
        {
            var middles = Array.ConvertAll(coordinates, at => at + 0.5f);
            PlyWriter.Write(file, new PointCloud(middles), labels, Palette.Colors);
            page.AddLevels(name, new VoxelLevel(coordinates, 1, 1, new PointAttribute(PointAttribute.Label, labels)));
        }
    }

    // Returns the number of quarter turns that bring the hidden part nearest to the camera.
    private static int QuartersOf(Sample sample)
    {
        var unseen = sample.Truth.Cells.Where(cell => !sample.Seen.Contains(cell));
        return Enumerable
            .Range(0, 4)
            .MaxBy(quarters => Nearness(unseen, quarters) - Nearness(sample.Seen.Cells, quarters));

        float Nearness(IEnumerable<int> cells, int quarters) =>
            cells
                .Select(cell => Turned(Shape.Split(cell, sample.Truth.Size), quarters, sample.Truth.Size))
                .Select(at => Vector2.Dot(new Vector2(at.X, at.Y), Camera))
                .DefaultIfEmpty()
                .Average();
    }

    private static (int X, int Y, int Z) Turned((int X, int Y, int Z) at, int quarters, int size) =>
        quarters == 0 ? at : Turned((size - 1 - at.Y, at.X, at.Z), quarters - 1, size);
}
