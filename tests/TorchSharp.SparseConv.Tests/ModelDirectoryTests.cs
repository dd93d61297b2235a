using System.Text.Json.Nodes;
using TorchSharp.SparseConv.Tests.Oracles;

namespace TorchSharp.SparseConv.Tests;

/// <summary>Networks with their descriptions on disk, and points labelled by them.</summary>
[TestFixture]
public sealed class ModelDirectoryTests
{
    private string _folder = null!;
    private DisposeScope _scope = null!;

    [SetUp]
    public void Make_a_folder()
    {
        _folder = Directory.CreateTempSubdirectory("sparseconv").FullName;
        _scope = torch.NewDisposeScope();
    }

    [TearDown]
    public void Delete_it()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string ConfigPath => Path.Combine(_folder, ModelDirectory.ConfigFile);

    private static ModelArchitecture Tiny(string kind = "MinkUNet14", int dimensions = 3) =>
        new()
        {
            Kind = kind,
            InChannels = 2 + dimensions,
            OutChannels = 3,
            Width = 0.05,
            StemKernel = [3],
            Dimensions = dimensions,
        };

    private static ModelConfig Config(ModelArchitecture? architecture = null) =>
        new()
        {
            Architecture = architecture ?? Tiny(),
            VoxelSize = [0.5],
            Inputs =
            [
                new ModelInput { Source = "intensity", Missing = 0.25 },
                new ModelInput
                {
                    Source = ModelInput.X,
                    Scale = 0.5,
                    Offset = 1,
                },
                new ModelInput { Source = ModelInput.VoxelOffset },
            ],
            Classes =
            [
                new ModelClass { Name = "nothing", Labels = [0, 7] },
                new ModelClass
                {
                    Name = "road",
                    Color = "#ff00FF",
                    Labels = [40],
                },
                new ModelClass { Name = "tree", Labels = [70, 71] },
            ],
            IgnoreClass = 0,
        };

    [Test]
    public void What_is_saved_is_what_is_loaded([ValueSource(nameof(Kinds))] string kind, [Values(2, 3)] int dimensions)
    {
        torch.manual_seed(1);
        var config = Config(Tiny(kind, dimensions));
        using var saved = config.Architecture.Build();
        ModelDirectory.Save(_folder, saved, config);
        Assert.That(
            Directory.GetFiles(_folder).Select(Path.GetFileName),
            Is.EquivalentTo(["config.json", "model.safetensors"])
        );
        using var loaded = ModelDirectory.Load(_folder);
        Assert.That(loaded.training, Is.False);
        var theirs = saved.state_dict();
        foreach (var (name, tensor) in loaded.state_dict())
        {
            Assert.That(Values(tensor), Is.EqualTo(Values(theirs[name])), name);
        }
    }

    private static IReadOnlyList<string> Kinds => ModelArchitecture.Kinds;

    [Test]
    public void A_description_is_read_as_it_was_written()
    {
        Config().Write(ConfigPath);
        var read = ModelConfig.Read(ConfigPath);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                read.Architecture.ToString(),
                Is.EqualTo("MinkUNet14, 5 channels in, 3 out, width 0.05, stem (3), 3 axes")
            );
            Assert.That(read.VoxelSize, Is.EqualTo([0.5]));
            Assert.That(read.Inputs.Select(input => input.Source), Is.EqualTo(["intensity", "x", "voxel_offset"]));
            Assert.That(read.Inputs[0].Missing, Is.EqualTo(0.25));
            Assert.That((read.Inputs[1].Scale, read.Inputs[1].Offset), Is.EqualTo((0.5, 1.0)));
            Assert.That(read.Classes.Select(entry => entry.Color), Is.EqualTo([null, "#ff00FF", null]));
            Assert.That(read.Classes[2].Labels, Is.EqualTo([70, 71]));
            Assert.That(read.IgnoreClass, Is.Zero);
        }
    }

    [TestCase("format", "\"other\"", "format is other")]
    [TestCase("version", "2", "version is 2, must be 1")]
    [TestCase("version", null, null)]
    [TestCase("architecture", null, "architecture")]
    [TestCase("architecture.kind", null, "kind")]
    [TestCase("architecture.kind", "null", "kind")]
    [TestCase("architecture.kind", "\"ResNet\"", "architecture.kind is ResNet, must be one of MinkUNet14")]
    [TestCase("architecture.in_channels", "0", "architecture.in_channels is 0, must be 1 to")]
    [TestCase("architecture.in_channels", "\"5\"", "$.architecture.in_channels")]
    [TestCase("architecture.out_channels", "1e99", "$.architecture.out_channels")]
    [TestCase("architecture.width", "-1", "architecture.width is -1, must be above 0")]
    [TestCase("architecture.width", "1e9", "architecture.width is 1000000000")]
    [TestCase("architecture.dimensions", "5", "architecture.dimensions is 5, must be 1 to 4")]
    [TestCase("architecture.stem_kernel", "[3, 3]", "architecture.stem_kernel is 2 numbers, must be one, or 3")]
    [TestCase("architecture.stem_kernel", "[99]", "architecture.stem_kernel[0] is 99, must be 1 to 31")]
    [TestCase("architecture.colour", "1", "colour")]
    [TestCase("voxel_size", null, "voxel_size")]
    [TestCase("voxel_size", "[0]", "voxel_size[0] is 0, must be positive and finite")]
    [TestCase("voxel_size", "[]", "voxel_size is 0 numbers")]
    [TestCase("inputs", "[]", "inputs is 0 channels, must be as many as architecture.in_channels, 5")]
    [TestCase("inputs", "[null]", "inputs[0] is null")]
    [TestCase("inputs", "[{\"source\": \"\"}]", "inputs[0].source is ")]
    [TestCase("inputs", "[{\"source\": \"x\", \"components\": 2}]", "inputs[0].components is 2")]
    [TestCase("inputs", "[{\"source\": \"color\", \"components\": 9999999}]", "inputs[0].components is 9999999")]
    [TestCase(
        "classes",
        "[{\"name\": \"a\"}]",
        "classes is 1 classes, must be as many as architecture.out_channels, 3"
    )]
    [TestCase(
        "classes",
        "[{\"name\":\"a\"},{\"name\":\"a\"},{\"name\":\"b\"}]",
        "classes[1].name is a, must be no other"
    )]
    [TestCase(
        "classes",
        "[{\"name\":\"a\",\"color\":\"red\"},{\"name\":\"b\"},{\"name\":\"c\"}]",
        "classes[0].color is red"
    )]
    [TestCase(
        "classes",
        "[{\"name\":\"a\",\"labels\":[1]},{\"name\":\"b\",\"labels\":[1]},{\"name\":\"c\",\"labels\":[2]}]",
        "classes[1].labels is 1, must be no other"
    )]
    [TestCase(
        "classes",
        "[{\"name\":\"a\",\"labels\":[1]},{\"name\":\"b\"},{\"name\":\"c\"}]",
        "classes[1].labels is empty"
    )]
    [TestCase("ignore_class", "3", "ignore_class is 3, must be 0 to 2")]
    [TestCase("unheard_of", "1", "unheard_of")]
    public void Every_field_is_checked_by_name(string field, string? value, string? message)
    {
        var json = JsonNode.Parse(Write(Config()))!.AsObject();
        var path = field.Split('.');
        var owner = path.Length == 1 ? json : json[path[0]]!.AsObject();
        if (value is null)
        {
            owner.Remove(path[^1]);
        }
        else
        {
            owner[path[^1]] = JsonNode.Parse(value);
        }

        File.WriteAllText(ConfigPath, json.ToJsonString());
        if (message is null)
        {
            Assert.That(() => ModelConfig.Read(ConfigPath), Throws.Nothing);
            return;
        }

        Assert.That(
            () => ModelConfig.Read(ConfigPath),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(ConfigPath).And.Message.Contains(message)
        );
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[1, 2]")]
    [TestCase("{\"version\": 1, \"version\": 1}")]
    [TestCase("{\"architecture\": {\"kind\": \"MinkUNet14\", \"in_channels\"")]
    public void What_is_no_description_is_named(string text)
    {
        File.WriteAllText(ConfigPath, text);
        Assert.That(
            () => ModelDirectory.Load(_folder),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(ConfigPath)
        );
    }

    [Test]
    public void A_description_that_does_not_hold_is_not_written()
    {
        var config = Config(Tiny("MinkUNet99"));
        using var network = Tiny().Build();
        Assert.That(
            () => ModelDirectory.Save(_folder, network, config),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("architecture.kind")
        );
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.Empty);
    }

    [Test]
    public void A_missing_file_is_named()
    {
        Assert.That(
            () => ModelDirectory.Load(_folder),
            Throws.TypeOf<FileNotFoundException>().With.Message.Contains(ConfigPath)
        );
        Config().Write(ConfigPath);
        Assert.That(ModelDirectory.Exists(_folder), Is.True);
        Assert.That(
            () => ModelDirectory.Load(_folder),
            Throws.TypeOf<FileNotFoundException>().With.Message.Contains("model.safetensors")
        );
    }

    // 64 times as wide: 100 GB of weights, which nobody may try to allocate.
    [Test]
    public void A_description_of_more_than_the_weights_is_refused_before_memory_is_taken()
    {
        using var network = Tiny().Build();
        ModelDirectory.Save(_folder, network, Config());
        var json = File.ReadAllText(ConfigPath);
        File.WriteAllText(ConfigPath, json.Replace("\"width\": 0.05", "\"width\": 64", StringComparison.Ordinal));
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.That(
            () => ModelDirectory.Load(_folder),
            Throws
                .TypeOf<InvalidDataException>()
                .With.Message.Contains("numbers, must have")
                .And.Message.Contains("width 64")
        );
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(10_000_000));
    }

    [Test]
    public void No_network_has_fewer_weights_than_its_kind_asks_for(
        [ValueSource(nameof(Kinds))] string kind,
        [Values(1, 3)] int dimensions
    )
    {
        var architecture = Tiny(kind, dimensions);
        using var network = architecture.Build();
        var found = network.parameters().Sum(parameter => parameter.numel());
        var least = ModelKind.Of(kind).LeastWeights(architecture);
        Assert.That(found, Is.GreaterThanOrEqualTo(least));
        Assert.That(least, Is.GreaterThan(0.3 * found), "else it guards nothing");
    }

    [Test]
    public void Other_weights_are_refused_by_name()
    {
        using var network = Tiny().Build();
        ModelDirectory.Save(_folder, network, Config());
        var json = File.ReadAllText(ConfigPath);
        File.WriteAllText(ConfigPath, json.Replace("MinkUNet14", "MinkUNet18", StringComparison.Ordinal));
        Assert.That(() => ModelDirectory.Load(_folder), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void A_network_of_points_classifies_them_voxel_by_voxel()
    {
        torch.manual_seed(3);
        var config = Config(Tiny(nameof(SPVCNN)));
        using (var network = config.Architecture.Build())
        {
            ModelDirectory.Save(_folder, network, config);
        }

        using var classifier = PointClassifier.Load(_folder);
        float[] positions = [.. Enumerable.Range(0, 300).Select(i => i * i % 97 / 30f)];
        var predicted = classifier.Predict(positions, _ => null);
        using var net = (SPVCNN)ModelDirectory.Load(_folder);
        var features = torch.tensor(config.Features(positions, _ => null), [100, 5]);
        using var x = SparseTensor.from_points(torch.tensor(positions, [100, 3]), features, 0.5, out var voxel);
        using var untracked = torch.no_grad();
        var scores = net.call(PointTensor.of(x, net.rule.Anchor)).narrow(1, 1, 2).index_select(0, voxel);
        Assert.That(predicted, Is.EqualTo(scores.argmax(1).data<long>().ToArray().Select(best => (int)best + 1)));
    }

    [TestCase("SparseResNet18")]
    [TestCase("SparseFPNResNet18")]
    public void A_network_that_tells_no_class_of_each_voxel_classifies_no_points(string kind)
    {
        using (var network = Tiny(kind).Build())
        {
            ModelDirectory.Save(_folder, network, Config(Tiny(kind)));
        }

        Assert.That(
            () => PointClassifier.Load(_folder),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder).And.Message.Contains(kind)
        );
    }

    [Test]
    public void Features_are_those_that_the_inputs_name()
    {
        float[] positions = [0.1f, 2, 3, -0.1f, 5, 6];
        var config = Config();
        var with = config.Features(positions, name => name is "intensity" ? [4, 8] : null);
        var without = config.Features(positions, _ => null);
        Assert.That(
            with,
            Is.EqualTo(new[] { 4, 1.05f, -0.3f, -0.5f, -0.5f, 8, 0.95f, 0.3f, -0.5f, -0.5f }).Within(1e-6)
        );
        Assert.That(without[0], Is.EqualTo(0.25f));
        Assert.That(
            () => config.Features(positions, _ => [1]),
            Throws.ArgumentException.With.Message.Contains(
                "intensity has 1 values, must have 1 for each of the 2 points"
            )
        );
        var strict = new ModelConfig
        {
            Architecture = new ModelArchitecture
            {
                Kind = "MinkUNet14",
                InChannels = 4,
                OutChannels = 3,
            },
            VoxelSize = [1],
            Inputs =
            [
                new ModelInput { Source = ModelInput.One, Scale = 3 },
                new ModelInput { Source = "color", Components = 3 },
            ],
        };
        Assert.That(
            () => strict.Features(positions, _ => null),
            Throws.ArgumentException.With.Message.Contains("no attribute color")
        );
        Assert.That(
            strict.Features(positions, _ => [1, 2, 3, 4, 5, 6]),
            Is.EqualTo(new float[] { 3, 1, 2, 3, 3, 4, 5, 6 })
        );
    }

    [Test]
    public void Points_of_a_voxel_are_of_its_best_class_and_never_of_the_ignored_one()
    {
        torch.manual_seed(3);
        var config = Config();
        using (var network = config.Architecture.Build())
        {
            ModelDirectory.Save(_folder, network, config);
        }

        using var classifier = PointClassifier.Load(_folder);
        var random = new Random(5);
        float[] positions = [.. Enumerable.Range(0, 300).Select(_ => 4 * random.NextSingle())];
        var predicted = classifier.Predict(positions, _ => null);
        Assert.That(predicted, Has.Length.EqualTo(100).And.All.InRange(1, 2));

        // The network again, with its input made by hand.
        using var net = (torch.nn.Module<SparseTensor, SparseTensor>)ModelDirectory.Load(_folder);
        var features = torch.tensor(config.Features(positions, _ => null), [100, 5]);
        using var x = SparseTensor.from_points(torch.tensor(positions, [100, 3]), features, 0.5, out var voxel);
        using var untracked = torch.no_grad();
        var scores = net.call(x).features.narrow(1, 1, 2).index_select(0, voxel);
        Assert.That(predicted, Is.EqualTo(scores.argmax(1).data<long>().ToArray().Select(best => (int)best + 1)));
        Assert.That(classifier.Predict([], _ => null), Is.Empty);
    }

    private static double[] Values(torch.Tensor tensor) => Arrays.Vector(tensor.to_type(torch.ScalarType.Float64));

    private string Write(ModelConfig config)
    {
        config.Write(ConfigPath);
        return File.ReadAllText(ConfigPath);
    }
}
