using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using TorchSharp.Modules;

namespace TorchSharp.SparseConv;

/// <summary>
/// A training run on disk: one zip file with the weights, the state of optimizer, schedule and torch's random numbers,
/// and a state of the caller's, such as the epoch and the losses so far. A run that loads it goes on with the same bits
/// as one that was never interrupted. The file is locked for other runs until the object is disposed.
/// </summary>
public sealed class TrainingCheckpoint : IDisposable
{
    private const string StateEntry = "state.json";
    private const string WeightsEntry = "weights.dat";
    private const string OptimizerEntry = "optimizer.dat";
    private const string ScheduleEntry = "schedule.json";
    private const string RandomEntry = "random.dat";

    private readonly string _path;
    private readonly Dictionary<string, torch.nn.Module> _modules;
    private readonly OptimizerHelper _optimizer;
    private readonly torch.optim.lr_scheduler.LRScheduler? _scheduler;
    private readonly FileStream _lock;

    /// <summary>
    /// Takes the parts of the run, each as it is before its first step; nothing is read or written yet but the lock,
    /// and what a killed run left unfinished is deleted. average is a second network that follows the first, as
    /// <see cref="ModelAverage.update"/> makes it. Throws IOException where another run holds the file, and
    /// ArgumentException for a ReduceLROnPlateau or a ChainedLR, whose state TorchSharp gives nobody.
    /// </summary>
    public TrainingCheckpoint(
        string path,
        torch.nn.Module network,
        OptimizerHelper optimizer,
        torch.optim.lr_scheduler.LRScheduler? scheduler = null,
        torch.nn.Module? average = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(optimizer);
        if (scheduler?.GetType().Name is { } name && (name.Contains("Plateau") || name.Contains("Chained")))
        {
            throw new ArgumentException(
                $"scheduler is a {name}, whose state cannot be read: set the rate yourself, and keep it in your state.",
                nameof(scheduler)
            );
        }

        _path = path;
        _optimizer = optimizer;
        _scheduler = scheduler;
        _modules = new(StringComparer.Ordinal) { [WeightsEntry] = network };
        if (average is not null)
        {
            _modules["average.dat"] = average;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _lock = Lock(path);
        File.Delete(Unfinished);
    }

    /// <summary>Whether there is a checkpoint to go on from.</summary>
    public bool Exists => File.Exists(_path);

    private string Unfinished => _path + ".new";

    /// <summary>The caller's state in a checkpoint. Throws InvalidDataException for a file that is none.</summary>
    public static TState ReadState<TState>(string path, JsonSerializerOptions? options = null)
    {
        using var zip = Open(path);
        return Json<TState>(path, zip, StateEntry, options);
    }

    /// <summary>
    /// Gives a network the weights in a checkpoint. Throws InvalidDataException where they do not fit.
    /// </summary>
    public static void LoadNetwork(string path, torch.nn.Module network)
    {
        ArgumentNullException.ThrowIfNull(network);
        using var zip = Open(path);
        var weights = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".dat");
        try
        {
            File.WriteAllBytes(weights, Read(path, zip, WeightsEntry));
            Weights.Load(network, weights);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException(error.Message.Replace(weights, path, StringComparison.Ordinal), error);
        }
        finally
        {
            File.Delete(weights);
        }
    }

    /// <summary>
    /// Writes everything to a new file on the disk and then puts it in the place of the old one, so that a crash leaves
    /// one or the other.
    /// </summary>
    public void Save<TState>(TState state, JsonSerializerOptions? options = null)
    {
        using (var file = File.Create(Unfinished))
        {
            using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                Write(zip, StateEntry, JsonSerializer.SerializeToUtf8Bytes(state, options));
                foreach (var (entry, content) in Parts())
                {
                    Write(zip, entry, content);
                }

                Write(
                    zip,
                    ScheduleEntry,
                    JsonSerializer.SerializeToUtf8Bytes(_scheduler is null ? 0 : StepOf(_scheduler))
                );
                using var random = torch.get_rng_state();
                Write(zip, RandomEntry, random.data<byte>().ToArray());
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(Unfinished, _path, overwrite: true);
    }

    /// <summary>
    /// Restores all parts and gives the state that was saved with them. Throws InvalidDataException for a file that is
    /// no checkpoint, or is one of other parts; the parts are then as they were.
    /// </summary>
    public TState Load<TState>(JsonSerializerOptions? options = null)
    {
        using var zip = Open(_path);
        var state = Json<TState>(_path, zip, StateEntry, options);
        var step = Json<int>(_path, zip, ScheduleEntry, null);
        var random = Read(_path, zip, RandomEntry);
        var before = Parts();
        try
        {
            Restore(entry => Read(_path, zip, entry));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Restore(entry => before[entry]);
            throw new InvalidDataException($"{_path} is of another network or optimizer: {error.Message}", error);
        }

        // A schedule knows nothing but its step, and setting one of them takes all before it. The rate in the optimizer's
        // state is the one that holds.
        while (_scheduler is not null && StepOf(_scheduler) < step)
        {
            _scheduler.step();
        }

        RestoreOptimizer(Read(_path, zip, OptimizerEntry));

        using var restored = torch.tensor(random);
        torch.set_rng_state(restored);
        return state;
    }

    /// <summary>Lets other runs have the file.</summary>
    public void Dispose() => _lock.Dispose();

    private Dictionary<string, byte[]> Parts()
    {
        var parts = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (entry, module) in _modules)
        {
            parts.Add(entry, Binary(writer => module.save(writer)));
        }

        parts.Add(OptimizerEntry, Binary(_optimizer.save_state_dict));
        return parts;
    }

    private void Restore(Func<string, byte[]> content)
    {
        foreach (var (entry, module) in _modules)
        {
            using var reader = new BinaryReader(new MemoryStream(content(entry)));
            module.load(reader);
        }

        RestoreOptimizer(content(OptimizerEntry));
    }

    private void RestoreOptimizer(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        _optimizer.load_state_dict(reader);
    }

    private static FileStream Lock(string path)
    {
        var file = path + ".lock";
        try
        {
            return new FileStream(
                file,
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.None,
                bufferSize: 1,
                FileOptions.DeleteOnClose
            );
        }
        catch (IOException error)
        {
            throw new IOException(
                $"{path} is in use: another training holds {file}. Wait for its end, or train into another folder.",
                error
            );
        }
    }

    private static ZipArchive Open(string path)
    {
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path} is no checkpoint: {error.Message}", error);
        }
    }

    private static void Write(ZipArchive zip, string name, byte[] content)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        stream.Write(content);
    }

    // Through memory, because an entry cannot seek and the writers may close their stream.
    private static byte[] Binary(Action<BinaryWriter> write)
    {
        var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            write(writer);
        }

        return memory.ToArray();
    }

    private static T Json<T>(string path, ZipArchive zip, string name, JsonSerializerOptions? options)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(Read(path, zip, name), options)
                ?? throw new InvalidDataException($"{path} is no checkpoint: its {name} is empty");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is no checkpoint of this program: {name}: {error.Message}", error);
        }
    }

    private static byte[] Read(string path, ZipArchive zip, string name)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"{path} is no checkpoint: it has no {name}");
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_last_epoch")]
    private static extern ref int StepOf(torch.optim.lr_scheduler.LRScheduler scheduler);
}
