using System.IO.Compression;
using System.Text.Json;
using TorchSharp;

namespace PointCloudSegmentation;

/// <summary>
/// A run on disk: one zip file with settings, progress, weights, optimizer and random state. Saving replaces the whole
/// file or nothing.
/// </summary>
internal sealed class Checkpoint : IDisposable
{
    private const string SettingsEntry = "settings.json";
    private const string ProgressEntry = "progress.json";
    private const string WeightsEntry = "weights.dat";
    private const string OptimizerEntry = "optimizer.dat";
    private const string RandomEntry = "random.dat";

    private readonly ZipArchive _zip;

    private Checkpoint(ZipArchive zip)
    {
        _zip = zip;
        Settings = ReadJson<TrainingSettings>(SettingsEntry);
        Progress = ReadJson<TrainingProgress>(ProgressEntry);
        if (Progress.Rates.Count != Progress.Losses.Count || Progress.PointsPerSecond.Count != Progress.Losses.Count)
        {
            throw new InvalidDataException($"its {ProgressEntry} does not have a rate and a speed for every loss");
        }
    }

    public TrainingSettings Settings { get; }

    public TrainingProgress Progress { get; }

    public static string PathIn(string folder) => Path.Combine(folder, "checkpoint.zip");

    /// <summary>Opens a checkpoint and reads its settings and progress.</summary>
    public static Checkpoint Open(string path)
    {
        try
        {
            return new Checkpoint(ZipFile.OpenRead(path));
        }
        catch (Exception error) when (error is InvalidDataException or JsonException)
        {
            throw new InvalidDataException($"{path} is no checkpoint of this program: {error.Message}", error);
        }
    }

    /// <summary>
    /// Writes a new file to disk and then replaces the old checkpoint by it, so that a crash leaves one or the other.
    /// </summary>
    public static void Save(
        string path,
        TrainingSettings settings,
        TrainingProgress progress,
        torch.nn.Module network,
        TorchSharp.Modules.OptimizerHelper optimizer
    )
    {
        var unfinished = path + ".new";
        using (var file = File.Create(unfinished))
        {
            using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                Write(zip, SettingsEntry, stream => JsonSerializer.Serialize(stream, settings, Json.Options));
                Write(zip, ProgressEntry, stream => JsonSerializer.Serialize(stream, progress, Json.Options));
                WriteBinary(zip, WeightsEntry, writer => network.save(writer));
                WriteBinary(zip, OptimizerEntry, optimizer.save_state_dict);
                using var random = torch.get_rng_state();
                Write(zip, RandomEntry, stream => stream.Write(random.data<byte>().ToArray()));
            }
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }

    /// <summary>Restores the weights, the optimizer and the random state.</summary>
    public void Restore(torch.nn.Module network, TorchSharp.Modules.OptimizerHelper optimizer)
    {
        using (var reader = new BinaryReader(new MemoryStream(Read(WeightsEntry))))
        {
            network.load(reader);
        }
        using (var reader = new BinaryReader(new MemoryStream(Read(OptimizerEntry))))
        {
            optimizer.load_state_dict(reader);
        }
        using var random = torch.tensor(Read(RandomEntry));
        torch.set_rng_state(random);
    }

    public void ExtractWeights(string path) => File.WriteAllBytes(path, Read(WeightsEntry));

    public void Dispose() => _zip.Dispose();

    private static void Write(ZipArchive zip, string name, Action<Stream> write)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        write(stream);
    }

    // Goes through memory, because an entry cannot seek and the writers may close their stream.
    private static void WriteBinary(ZipArchive zip, string name, Action<BinaryWriter> write)
    {
        var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            write(writer);
        }
        Write(zip, name, stream => stream.Write(memory.ToArray()));
    }

    private T ReadJson<T>(string name) =>
        JsonSerializer.Deserialize<T>(Read(name), Json.Options)
        ?? throw new InvalidDataException($"its {name} is empty");

    private byte[] Read(string name)
    {
        var entry = _zip.GetEntry(name) ?? throw new InvalidDataException($"it has no {name}");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
