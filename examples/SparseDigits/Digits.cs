using TorchSharp;
using TorchSharp.SparseConv;
using TorchSharp.SparseConv.CommandLine;
using TorchSharp.SparseConv.Data;

namespace SparseDigits;

/// <summary>Grey images of 28 x 28 pixels, 0 for blank paper, and the digit that each shows.</summary>
internal sealed class Digits(byte[] pixels, int[] labels)
{
    public const int Size = 28;
    public const int Classes = 10;

    // A canvas of 32 pixels ends in one site: 32, 16, 8, 4, and a kernel of 4.
    public const int Canvas = 32;

    private const int Margin = (Canvas - Size) / 2;

    public int Count => labels.Length;

    public ReadOnlySpan<byte> Image(int index) => pixels.AsSpan(index * Size * Size, Size * Size);

    public int Label(int index) => labels[index];

    /// <summary>Returns the first count digits, or all if there are fewer.</summary>
    public Digits Take(int count) =>
        count >= Count ? this : new Digits(pixels[..(count * Size * Size)], labels[..count]);

    /// <summary>Returns the inked pixels of some digits. The only channel is the grey value from 0 to 1.</summary>
    public SparseTensor Batch(IReadOnlyList<int> indices)
    {
        using var scope = torch.NewDisposeScope();
        var canvas = new float[indices.Count * Canvas * Canvas];
        foreach (var (scan, index) in indices.Index())
        {
            var image = Image(index);
            for (var pixel = 0; pixel < image.Length; pixel++)
            {
                var (row, column) = Math.DivRem(pixel, Size);
                canvas[((((scan * Canvas) + row + Margin) * Canvas) + column) + Margin] = image[pixel] / 255f;
            }
        }
        var dense = torch.tensor(canvas, [indices.Count, 1, Canvas, Canvas]);
        return SparseTensor.from_dense(dense).MoveToOuterDisposeScope();
    }

    /// <summary>Returns the labels of some images as int64.</summary>
    public torch.Tensor Labels(IEnumerable<int> indices) =>
        torch.tensor([.. indices.Select(index => (long)labels[index])], torch.ScalarType.Int64);
}

/// <summary>Loads digits: the files of MNIST, or digits drawn on demand.</summary>
internal static class DigitSets
{
    public const string DataVariable = "SPARSECONV_DATA";

    private const int MostDrawn = 10_000;

    public static (Digits Train, Digits Test, string Source) Load(DigitsSettings settings)
    {
        if (settings.Folder is { } given && !Directory.Exists(given))
        {
            throw new UsageException(
                $"--data {given}: there is no such folder; it must hold train-images-idx3-ubyte.gz"
            );
        }
        if ((settings.Folder ?? FolderOfVariable()) is { } folder)
        {
            var (train, test) = (Read(folder, "train"), Read(folder, "t10k"));
            return (train.Take(settings.Train), test.Take(settings.Test), folder);
        }
        return (
            DrawnDigits.Draw(Math.Min(settings.Train, MostDrawn), settings.Seed),
            DrawnDigits.Draw(Math.Min(settings.Test, MostDrawn), ~settings.Seed),
            "drawn on the spot"
        );
    }

    private static string? FolderOfVariable()
    {
        var root = Environment.GetEnvironmentVariable(DataVariable);
        var folder = string.IsNullOrEmpty(root) ? null : Path.Combine(root, "mnist");
        return Directory.Exists(folder) ? folder : null;
    }

    private static Digits Read(string folder, string set)
    {
        var images = IdxFile.Read(PathOf(folder, $"{set}-images-idx3-ubyte"));
        var labels = IdxFile.Read(PathOf(folder, $"{set}-labels-idx1-ubyte"));
        if (!images.Shape.SequenceEqual([labels.Count, Digits.Size, Digits.Size]) || labels.Shape.Count != 1)
        {
            throw new InvalidDataException(
                $"{folder}: {set} has images {images} and labels {labels}, must "
                    + $"be {Digits.Size} x {Digits.Size} pixels and one label for each"
            );
        }
        return new Digits(images.As<byte>(), labels.ToInt32());
    }

    private static string PathOf(string folder, string name)
    {
        var plain = Path.Combine(folder, name);
        return File.Exists(plain) ? plain : plain + ".gz";
    }
}
