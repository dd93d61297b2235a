using System.Text.Json;

namespace TorchSharp.SparseConv;

/// <summary>The JSON header of a safetensors file.</summary>
internal static class SafeTensorsHeader
{
    private static readonly (string Name, torch.ScalarType Type, int Bytes)[] Types =
    [
        ("F64", torch.ScalarType.Float64, 8),
        ("F32", torch.ScalarType.Float32, 4),
        ("F16", torch.ScalarType.Float16, 2),
        ("BF16", torch.ScalarType.BFloat16, 2),
        ("I64", torch.ScalarType.Int64, 8),
        ("I32", torch.ScalarType.Int32, 4),
        ("I16", torch.ScalarType.Int16, 2),
        ("I8", torch.ScalarType.Int8, 1),
        ("U8", torch.ScalarType.Byte, 1),
        ("BOOL", torch.ScalarType.Bool, 1),
    ];

    internal static byte[] Write(
        IReadOnlyList<KeyValuePair<string, torch.Tensor>> entries,
        IReadOnlyDictionary<string, string>? metadata,
        string metadataName
    )
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata, metadataName);
            var offset = 0L;
            foreach (var (name, tensor) in entries)
            {
                var end = offset + checked(tensor.NumberOfElements * tensor.ElementSize);
                json.WriteStartObject(name);
                json.WriteString("dtype", TypeName(name, tensor.dtype));
                WriteNumbers(json, "shape", tensor.shape);
                WriteNumbers(json, "data_offsets", offset, end);
                json.WriteEndObject();
                offset = end;
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The entries, checked against one another and against the bytes that follow the header.</summary>
    internal static (List<SafeTensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Read(
        ReadOnlyMemory<byte> header,
        long dataBytes,
        string metadataName
    )
    {
        using var json = JsonDocument.Parse(header);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("its header is no JSON object.");
        }

        var entries = json
            .RootElement.EnumerateObject()
            .Where(property => !string.Equals(property.Name, metadataName, StringComparison.Ordinal))
            .Select(property => Entry(property.Name, property.Value))
            .ToList();
        if (
            entries.GroupBy(entry => entry.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is
            { } twice
        )
        {
            throw new InvalidDataException($"'{twice.Key}' stands twice in its header.");
        }

        RequireFilled(entries, dataBytes);
        return (entries, Metadata(json.RootElement, metadataName));
    }

    private static Dictionary<string, string> Metadata(JsonElement root, string name)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        if (root.TryGetProperty(name, out var metadata) && metadata.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in metadata.EnumerateObject())
            {
                result[property.Name] = property.Value.ToString();
            }
        }

        return result;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata, string name)
    {
        if (metadata is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, value) in metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, params ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static string TypeName(string name, torch.ScalarType type)
    {
        foreach (var known in Types)
        {
            if (known.Type == type)
            {
                return known.Name;
            }
        }

        throw new NotSupportedException(
            $"'{name}' is {type}; safetensors here holds {string.Join(", ", Types.Select(known => known.Type))}."
        );
    }

    private static SafeTensorsEntry Entry(string name, JsonElement value)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype)
            || dtype.ValueKind != JsonValueKind.String
            || Numbers(value, "shape") is not { } shape
            || Numbers(value, "data_offsets") is not { Length: 2 } offsets
        )
        {
            throw new InvalidDataException($"'{name}' lacks dtype, shape or data_offsets.");
        }

        var type = Array.Find(Types, known => dtype.ValueEquals(known.Name));
        if (type.Name is null)
        {
            throw new InvalidDataException(
                $"'{name}' is {dtype.GetString()}, must be one of {string.Join(", ", Types.Select(known => known.Name))}."
            );
        }

        if (
            ElementTypes.Elements(shape, type.Bytes) is not { } elements
            || offsets[1] - offsets[0] != elements * type.Bytes
        )
        {
            throw new InvalidDataException(
                $"'{name}' has {offsets[1] - offsets[0]} bytes for {type.Name} of shape {Shapes.Text(shape)}."
            );
        }

        return new SafeTensorsEntry(name, type.Type, shape, offsets[0], offsets[1]);
    }

    private static long[]? Numbers(JsonElement value, string name)
    {
        if (!value.TryGetProperty(name, out var array) || array.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var numbers = new List<long>();
        foreach (var element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>The tensors must follow one another without gap or overlap, and end where the file does.</summary>
    private static void RequireFilled(List<SafeTensorsEntry> entries, long dataBytes)
    {
        var position = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != position)
            {
                throw new InvalidDataException(
                    $"'{entry.Name}' begins at byte {entry.Begin}, must begin at {position}."
                );
            }

            position = entry.End;
        }

        if (position != dataBytes)
        {
            throw new InvalidDataException($"it has {dataBytes} bytes of data, its header describes {position}.");
        }
    }
}

/// <summary>One tensor of a file whose tensors lie in it as they are: Begin and End are bytes of the data.</summary>
internal readonly record struct SafeTensorsEntry(
    string Name,
    torch.ScalarType Type,
    long[] Shape,
    long Begin,
    long End
);
