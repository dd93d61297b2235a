using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace TorchSharp.SparseConv;

/// <summary>Writes a dictionary of tensors as torch.save does, for torch.load with or without weights_only.</summary>
internal static class PyTorchWriter
{
    private const string Root = "archive/";

    internal static void Write(string path, IEnumerable<KeyValuePair<string, torch.Tensor>> tensors)
    {
        var entries = tensors.ToList();
        var pickle = Pickle(entries);
        var unfinished = path + ".part";
        using (var archive = new ZipArchive(File.Create(unfinished), ZipArchiveMode.Create))
        {
            Add(archive, "data.pkl", stream => stream.Write(pickle));
            Add(archive, "byteorder", stream => stream.Write("little"u8));
            for (var i = 0; i < entries.Count; i++)
            {
                Add(archive, $"data/{i}", stream => TensorData.Write(stream, entries[i].Value));
            }

            Add(archive, "version", stream => stream.Write("3\n"u8));
        }

        File.Move(unfinished, path, overwrite: true);
    }

    private static void Add(ZipArchive archive, string name, Action<Stream> write)
    {
        using var stream = archive.CreateEntry(Root + name, CompressionLevel.NoCompression).Open();
        write(stream);
    }

    private static byte[] Pickle(List<KeyValuePair<string, torch.Tensor>> entries)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write([0x80, 2, (byte)'}', (byte)'(']);
        for (var i = 0; i < entries.Count; i++)
        {
            Text(writer, entries[i].Key);
            Tensor(writer, entries[i].Value, i);
        }

        writer.Write("u."u8);
        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>_rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict()).</summary>
    private static void Tensor(BinaryWriter writer, torch.Tensor tensor, int key)
    {
        Global(writer, "torch._utils._rebuild_tensor_v2");
        writer.Write("(("u8);
        Text(writer, "storage");
        Global(writer, PickledGlobal.StorageName(tensor.dtype));
        Text(writer, $"{key}");
        Text(writer, "cpu");
        Number(writer, tensor.NumberOfElements);
        writer.Write("tQ"u8);
        Number(writer, 0);
        var shape = tensor.shape;
        Numbers(writer, shape);
        Numbers(writer, Strides(shape));
        writer.Write((byte)0x89);
        Global(writer, "collections.OrderedDict");
        writer.Write(")RtR"u8);
    }

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }

        return strides;
    }

    private static void Global(BinaryWriter writer, string name)
    {
        var dot = name.LastIndexOf('.');
        writer.Write(Encoding.UTF8.GetBytes($"c{name[..dot]}\n{name[(dot + 1)..]}\n"));
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((byte)'X');
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static void Numbers(BinaryWriter writer, long[] numbers)
    {
        writer.Write((byte)'(');
        foreach (var number in numbers)
        {
            Number(writer, number);
        }

        writer.Write((byte)'t');
    }

    private static void Number(BinaryWriter writer, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        writer.Write((byte)0x8a);
        writer.Write((byte)sizeof(long));
        writer.Write(bytes);
    }
}
