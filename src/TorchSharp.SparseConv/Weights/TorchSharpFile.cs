namespace TorchSharp.SparseConv;

/// <summary>
/// The file that TorchSharp's Module.save writes: the number of entries in LEB128, then each entry's name and tensor.
/// Its lengths are checked against the file before anything is read: TorchSharp's own loader allocates what they claim,
/// stops at the first mismatch, and may have changed parameters by then.
/// </summary>
internal sealed class TorchSharpFile : StateReader
{
    private const int MostAxes = 64;

    private readonly FileStream _file;
    private readonly Dictionary<string, SafeTensorsEntry> _places = new(StringComparer.Ordinal);

    internal TorchSharpFile(string path)
    {
        _file = File.OpenRead(path);
        try
        {
            using var reader = new BinaryReader(_file, System.Text.Encoding.UTF8, leaveOpen: true);
            for (var left = reader.Read7BitEncodedInt64(); left > 0; left--)
            {
                Add(reader);
            }

            if (_file.Position != _file.Length)
            {
                throw new InvalidDataException($"it goes on after its last tensor, at byte {_file.Position}.");
            }
        }
        catch (Exception exception)
            when (exception is EndOfStreamException or FormatException or ArgumentException or InvalidDataException)
        {
            _file.Dispose();
            throw new InvalidDataException(
                $"'{path}' is no file of TorchSharp's Module.save: {exception.Message}",
                exception
            );
        }
    }

    internal override IReadOnlyList<StateEntry> Entries =>
        [.. _places.Values.Select(place => new StateEntry(place.Name, place.Type, place.Shape))];

    internal override torch.Tensor Read(string name)
    {
        var place = _places[name];
        _file.Position = place.Begin;
        return TensorData.Read(_file, place.Type, place.Shape);
    }

    public override void Dispose() => _file.Dispose();

    internal override void ReadStart(string name, Span<byte> bytes)
    {
        _file.Position = _places[name].Begin;
        _file.ReadExactly(bytes);
    }

    private void Add(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        if (length < 0 || length > _file.Length - _file.Position)
        {
            throw new InvalidDataException($"a name claims {length} bytes, at byte {_file.Position}.");
        }

        var name = System.Text.Encoding.UTF8.GetString(reader.ReadBytes(length));
        var type = (torch.ScalarType)checked((sbyte)Math.Clamp(reader.Read7BitEncodedInt64(), -1, sbyte.MaxValue));
        var size = ElementTypes.Size(type);
        var axes = reader.Read7BitEncodedInt64();
        if (axes is < 0 or > MostAxes)
        {
            throw new InvalidDataException($"'{name}' has {axes} axes, must have 0 to {MostAxes}.");
        }

        var shape = new long[axes];
        for (var axis = 0; axis < axes; axis++)
        {
            shape[axis] = reader.Read7BitEncodedInt64();
        }

        var begin = _file.Position;
        if (ElementTypes.Elements(shape, size) is not { } elements || elements * size > _file.Length - begin)
        {
            throw new InvalidDataException(
                $"'{name}' is {type} of shape {Shapes.Text(shape)}, and {_file.Length - begin} bytes are left."
            );
        }

        var place = new SafeTensorsEntry(name, type, shape, begin, begin + (elements * size));
        if (!_places.TryAdd(name, place))
        {
            throw new InvalidDataException($"'{name}' stands twice in it.");
        }

        _file.Position = place.End;
    }
}
