using System.IO.MemoryMappedFiles;
using System.Text.Json;

namespace TorchSharp.SparseConv;

/// <summary>
/// An open safetensors file: its header is read and checked, the elements stay in the memory-mapped file until a tensor
/// is asked for.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly Dictionary<string, SafeTensorsEntry> _entries;
    private readonly long _start;

    internal SafeTensorsFile(string path)
    {
        using var file = File.OpenRead(path);
        try
        {
            (var entries, Metadata, _start) = SafeTensors.ReadHeader(file);
            _entries = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
            Names = [.. entries.Select(entry => entry.Name)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"'{path}' is no safetensors file: {exception.Message}", exception);
        }

        if (file.Length > _start)
        {
            _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        }
    }

    /// <summary>The tensors' names in the order of the header.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The header's __metadata__, empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The shape of a tensor; throws KeyNotFoundException for a name that the file lacks.</summary>
    public IReadOnlyList<long> Shape(string name) => Entry(name).Shape;

    /// <summary>The element type of a tensor; throws KeyNotFoundException for a name that the file lacks.</summary>
    public torch.ScalarType ElementType(string name) => Entry(name).Type;

    /// <summary>
    /// Copies one tensor into CPU memory; throws KeyNotFoundException for a name that the file lacks.
    /// </summary>
    public torch.Tensor Read(string name)
    {
        var entry = Entry(name);
        if (_map is null || entry.Begin == entry.End)
        {
            return torch.empty(entry.Shape, entry.Type, torch.CPU);
        }

        using var view = View(_map, entry);
        return TensorData.Read(view, entry.Type, entry.Shape);
    }

    internal void ReadStart(string name, Span<byte> bytes)
    {
        using var view = View(_map ?? throw new EndOfStreamException($"'{name}' has no elements."), Entry(name));
        view.ReadExactly(bytes);
    }

    /// <summary>Closes the file; tensors that were read stay.</summary>
    public void Dispose() => _map?.Dispose();

    private MemoryMappedViewStream View(MemoryMappedFile map, SafeTensorsEntry entry) =>
        map.CreateViewStream(_start + entry.Begin, entry.End - entry.Begin, MemoryMappedFileAccess.Read);

    private SafeTensorsEntry Entry(string name) =>
        _entries.TryGetValue(name, out var entry)
            ? entry
            : throw new KeyNotFoundException($"no tensor '{name}' among the {_entries.Count} of the file.");
}
