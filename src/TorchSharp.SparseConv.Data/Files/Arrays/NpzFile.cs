using System.Collections.ObjectModel;
using System.IO.Compression;
using TorchSharp.SparseConv.Data.Files;

namespace TorchSharp.SparseConv.Data;

/// <summary>NumPy's archives (.npz): named arrays in a zip file, stored or deflated.</summary>
public static class NpzFile
{
    private const string Ending = ".npy";

    /// <summary>All arrays of a file by name, in its order.</summary>
    /// <exception cref="PointCloudException">The file is missing or no zip file, or one of its entries is no array of numbers.</exception>
    public static IReadOnlyList<KeyValuePair<string, NumberArray>> Read(string path)
    {
        using var archive = OpenArchive(path);
        var arrays = new List<KeyValuePair<string, NumberArray>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Entries(path, archive))
        {
            var name = entry.FullName.EndsWith(Ending, StringComparison.Ordinal)
                ? entry.FullName[..^Ending.Length]
                : throw new PointCloudException(
                    path,
                    $"the entry {entry.FullName} is no array, expected names ending in {Ending}"
                );
            if (!names.Add(name))
            {
                throw new PointCloudException(path, $"the entry {entry.FullName} occurs twice");
            }
            arrays.Add(new(name, ReadEntry(path, entry)));
        }
        return arrays;
    }

    /// <summary>Writes named arrays, deflated.</summary>
    /// <exception cref="ArgumentException">A name is empty or occurs twice; no file is written then.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NumberArray>> arrays)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arrays);
        var all = arrays.ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, array) in all)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(arrays));
            ArgumentNullException.ThrowIfNull(array, nameof(arrays));
            if (!names.Add(name))
            {
                throw new ArgumentException($"{name} occurs twice, names must differ", nameof(arrays));
            }
        }
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        using var archive = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (var (name, array) in all)
        {
            using var entry = archive.CreateEntry(name + Ending, CompressionLevel.Fastest).Open();
            NpyFile.Write(entry, array, ByteOrder.LittleEndian);
        }
    }

    private static ZipArchive OpenArchive(string path)
    {
        using (ByteReader.Open(path))
        {
            // It is there and can be read, or the exception says why not.
        }
        var stream = File.OpenRead(path);
        try
        {
            return new ZipArchive(stream, ZipArchiveMode.Read);
        }
        catch (Exception error) when (IsDamage(error))
        {
            stream.Dispose();
            throw new PointCloudException(path, $"is no zip file: {error.Message}", innerException: error);
        }
    }

    private static ReadOnlyCollection<ZipArchiveEntry> Entries(string path, ZipArchive archive)
    {
        try
        {
            return archive.Entries;
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new PointCloudException(path, $"is no zip file: {error.Message}", innerException: error);
        }
    }

    private static NumberArray ReadEntry(string path, ZipArchiveEntry entry)
    {
        try
        {
            // What the directory says of the size may be a lie; what can come out of so many bytes is not.
            var most = Math.Min(entry.Length, ByteReader.MostInflated(entry.CompressedLength));
            using var file = new ByteReader(entry.Open(), $"{path}: {entry.FullName}", most, isExact: false);
            return NpyFile.Read(file);
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new PointCloudException(
                path,
                $"the entry {entry.FullName} cannot be read: {error.Message}",
                innerException: error
            );
        }
    }

    // What System.IO.Compression throws at broken archives.
    private static bool IsDamage(Exception error) =>
        error
            is not PointCloudException
                and (
                    InvalidDataException
                    or IOException
                    or NotSupportedException
                    or ArgumentException
                    or OverflowException
                );
}
