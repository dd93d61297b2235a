using System.IO.Compression;

namespace TorchSharp.SparseConv;

/// <summary>Writes named tensors as NumPy's savez does.</summary>
internal static class NpzWriter
{
    internal static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var entries = tensors
            .Select(entry =>
                (entry.Key, entry.Value, Header: NpyText.Write(entry.Key, entry.Value.dtype, entry.Value.shape))
            )
            .ToList();
        var unfinished = path + ".part";
        using (var archive = new ZipArchive(File.Create(unfinished), ZipArchiveMode.Create))
        {
            foreach (var (name, tensor, header) in entries)
            {
                using var stream = archive.CreateEntry(name + ".npy", CompressionLevel.NoCompression).Open();
                stream.Write(header);
                TensorData.Write(stream, tensor);
            }
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
