using TorchSharp.Utils;

namespace TorchSharp;

/// <summary>TorchSharp's own format of one tensor: dtype, number of dimensions, extents, elements.</summary>
public static partial class TensorExtensionMethods
{
    private const string Mismatch =
        "while loading. Make sure that the model you are loading into is exactly the same as the origin.";

    public static void Save(this torch.Tensor tensor, BinaryWriter writer)
    {
        var onCpu = tensor.device_type == DeviceType.CPU;
        var source = onCpu ? tensor : tensor.cpu();
        writer.Encode((int)source.dtype);
        writer.Encode(source.ndim);
        foreach (var extent in source.shape)
        {
            writer.Encode(extent);
        }
        writer.Flush();
        source.WriteBytesToStream(writer.BaseStream);
        if (!onCpu)
        {
            source.Dispose();
        }
    }

    public static void Save(this torch.Tensor tensor, Stream stream)
    {
        using var writer = new BinaryWriter(stream);
        tensor.Save(writer);
        stream.Flush();
    }

    public static void Save(this torch.Tensor tensor, string location) => tensor.Save(File.Create(location));

    /// <summary>Reads values into a tensor, which must have the type and the shape of the file's.</summary>
    public static void Load(this torch.Tensor tensor, BinaryReader reader, bool skip = false)
    {
        var (type, shape) = ReadHeader(reader);
        if (type != tensor.dtype)
        {
            throw new ArgumentException($"Mismatched tensor data types {Mismatch}");
        }
        ReadValues(tensor, shape, reader, skip);
    }

    public static torch.Tensor Load(BinaryReader reader, bool skip = false)
    {
        torch.Tensor? tensor = null;
        Load(ref tensor, reader, skip);
        return tensor!;
    }

    public static void Load(ref torch.Tensor? tensor, BinaryReader reader, bool skip = false)
    {
        var (type, shape) = ReadHeader(reader);
        tensor ??= torch.zeros(shape, type, torch.CPU);
        ReadValues(tensor, shape, reader, skip);
    }

    private static (torch.ScalarType Type, long[] Shape) ReadHeader(BinaryReader reader)
    {
        var type = (torch.ScalarType)reader.Decode();
        var shape = new long[reader.Decode()];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = reader.Decode();
        }
        return (type, shape);
    }

    private static void ReadValues(torch.Tensor tensor, long[] shape, BinaryReader reader, bool skip)
    {
        if (skip)
        {
            reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
            return;
        }
        if (!shape.SequenceEqual(tensor.shape))
        {
            throw new ArgumentException($"Mismatched tensor shape {Mismatch}");
        }
        using var mode = torch.no_grad();
        if (tensor.device_type == DeviceType.CPU)
        {
            tensor.ReadBytesFromStream(reader.BaseStream);
            return;
        }
        using var values = torch.zeros_like(tensor, device: torch.CPU);
        values.ReadBytesFromStream(reader.BaseStream);
        tensor.copy_(values).Dispose();
    }
}
