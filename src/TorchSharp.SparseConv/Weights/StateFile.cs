namespace TorchSharp.SparseConv;

/// <summary>
/// Reads the file that TorchSharp's Module.save writes: the number of entries in LEB128, then each entry's name and tensor.
/// TorchSharp's own loader stops at the first mismatch and may have changed parameters by then.
/// </summary>
internal static class StateFile
{
    internal static Dictionary<string, torch.Tensor> Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var result = new Dictionary<string, torch.Tensor>(StringComparer.Ordinal);
        try
        {
            for (var left = reader.Read7BitEncodedInt64(); left > 0; left--)
            {
                var name = reader.ReadString();
                result.Add(name, torch.Tensor.Load(reader));
            }
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException(
                $"'{path}' is no file of TorchSharp's Module.save: {exception.Message}",
                exception
            );
        }

        return result;
    }
}
