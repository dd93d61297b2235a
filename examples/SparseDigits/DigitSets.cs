using Examples.CommandLine;
using TorchSharp.SparseConv.Data;

namespace SparseDigits;

/// <summary>Where digits come from: MNIST's files, or strokes drawn on the spot.</summary>
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
                $"{folder}: {set} has images {images} and labels {labels}, must be {Digits.Size} x {Digits.Size} pixels and one label for each"
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
