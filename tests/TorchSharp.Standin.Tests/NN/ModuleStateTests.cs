using System.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ModuleStateTests
{
    /// <summary>TorchSharp's format, written out by hand: all integers LEB128, elements little-endian.</summary>
    private static byte[] HandWritten(float[] weight, float[] bias, float[] large) =>
        [
            3, // entries
            1,
            (byte)'w',
            6,
            2,
            2,
            1,
            .. Bytes(weight), // name, float32, two dimensions: 2 x 1
            1,
            (byte)'b',
            6,
            1,
            2,
            .. Bytes(bias),
            5,
            .. "large"u8,
            6,
            1,
            0x82,
            0x01,
            .. Bytes(large), // 130 = 2 + 1 * 128
        ];

    private static byte[] Bytes(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    [Test]
    public void Files_are_TorchSharps_byte_for_byte()
    {
        float[] large = [.. Enumerable.Range(0, 130).Select(i => i / 8f)];
        byte[] expected = HandWritten([1.5f, -2], [0.25f, 3], large);
        using var net = new Plain([1.5f, -2], [0.25f, 3], large);
        using var stream = new MemoryStream();
        net.save(stream);
        Assert.That(stream.ToArray(), Is.EqualTo(expected));

        using var other = new Plain(new float[2], new float[2], new float[130]);
        var loaded = new Dictionary<string, bool>(StringComparer.Ordinal);
        other.load(new MemoryStream(expected), loadedParameters: loaded);
        Assert.Multiple(() =>
        {
            Assert.That(other.get_parameter("w")!.Values(), Is.EqualTo(new[] { 1.5, -2 }));
            Assert.That(other.get_buffer("b")!.Values(), Is.EqualTo(new[] { 0.25, 3 }));
            Assert.That(other.get_buffer("large")!.Values(), Is.EqualTo(large));
            Assert.That(loaded, Has.Count.EqualTo(3));
            Assert.That(loaded.Values, Is.All.True);
        });
    }

    [Test]
    public void The_stream_is_closed_as_by_TorchSharp()
    {
        using Linear linear = nn.Linear(1, 1);
        var stream = new MemoryStream();
        linear.save(stream);
        Assert.That(stream.CanWrite, Is.False);
    }

    [Test]
    public void A_network_returns_from_its_file()
    {
        string path = Path.GetTempFileName();
        try
        {
            using Sequential net = Example();
            using Tensor input = randn(8, 3);
            net.call(input).Dispose();
            net.save(path);
            using Sequential copy = Example();
            copy.load(path);
            net.eval();
            copy.eval();
            Assert.That(copy.call(input).Values(), Is.EqualTo(net.call(input).Values()));
            Assert.That(copy.state_dict()["norm.num_batches_tracked"].Values(), Is.EqualTo(new[] { 1.0 }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void Skipped_entries_stay_and_the_rest_is_read()
    {
        float[] large = new float[130];
        using var net = new Plain(new float[2], [7, 7], large);
        byte[] bytes = HandWritten([1, 2], [3, 4], large);
        net.load(new MemoryStream(bytes), skip: ["b"]);
        Assert.That(net.get_parameter("w")!.Values(), Is.EqualTo(new[] { 1.0, 2 }));
        Assert.That(net.get_buffer("b")!.Values(), Is.EqualTo(new[] { 7.0, 7 }));
    }

    [Test]
    public void Files_of_other_networks_are_refused()
    {
        byte[] bytes = HandWritten([1, 2], [3, 4], new float[130]);
        using Linear linear = nn.Linear(1, 2);
        using var other = new Plain(new float[3], new float[2], new float[130]);
        byte[] renamed = [.. bytes];
        renamed[2] = (byte)'v';
        using var same = new Plain(new float[2], new float[2], new float[130]);
        using var wide = new Plain(new float[2], new float[2], new float[130]);
        wide.to(ScalarType.Float64);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => linear.load(new MemoryStream(bytes)),
                Throws.ArgumentException.With.Message.EqualTo(
                    "Mismatched state_dict sizes: expected 2, but found 3 entries."
                )
            );
            Assert.That(
                () => same.load(new MemoryStream(renamed)),
                Throws.ArgumentException.With.Message.Contains("named 'v'")
            );
            Assert.That(
                () => other.load(new MemoryStream(bytes)),
                Throws.ArgumentException.With.Message.StartsWith("Mismatched tensor shape")
            );
            Assert.That(
                () => wide.load(new MemoryStream(bytes)),
                Throws.ArgumentException.With.Message.StartsWith("Mismatched tensor data types")
            );
            Assert.That(() => same.load(new MemoryStream(bytes[..40])), Throws.InstanceOf<EndOfStreamException>());
            Assert.Throws<FileNotFoundException>(() => same.load("/nowhere/at.all"));
        });
    }

    [Test]
    public void Without_strictness_other_names_are_passed_over()
    {
        float[] large = new float[130];
        byte[] renamed = HandWritten([1, 2], [3, 4], large);
        renamed[2] = (byte)'v';
        using var net = new Plain([5, 6], new float[2], large);
        var loaded = new Dictionary<string, bool>(StringComparer.Ordinal);
        net.load(new MemoryStream(renamed), strict: false, loadedParameters: loaded);
        Assert.Multiple(() =>
        {
            Assert.That(net.get_parameter("w")!.Values(), Is.EqualTo(new[] { 5.0, 6 }));
            Assert.That(net.get_buffer("b")!.Values(), Is.EqualTo(new[] { 3.0, 4 }));
            Assert.That(loaded["v"], Is.False);
        });
    }

    [Test]
    public void State_dictionaries_copy_into_the_tensors_that_are_there()
    {
        using Linear source = nn.Linear(2, 2);
        using Linear target = nn.Linear(2, 2);
        nint handle = target.weight.Handle;
        var (missing, unexpected) = target.load_state_dict(source.state_dict());
        Assert.Multiple(() =>
        {
            Assert.That(target.weight.Values(), Is.EqualTo(source.weight.Values()));
            Assert.That(target.weight.Handle, Is.EqualTo(handle));
            Assert.That(missing, Is.Empty);
            Assert.That(unexpected, Is.Empty);
        });
    }

    [Test]
    public void Strict_dictionaries_must_match_and_lenient_ones_tell_what_does_not()
    {
        using Linear with = nn.Linear(2, 2);
        using Linear without = nn.Linear(2, 2, hasBias: false);
        Assert.Throws<InvalidOperationException>(() => with.load_state_dict(without.state_dict()));
        Assert.Throws<InvalidOperationException>(() => without.load_state_dict(with.state_dict()));
        Assert.That(
            with.load_state_dict(without.state_dict(), strict: false).missing_keys,
            Is.EqualTo(new[] { "bias" })
        );
        Assert.That(
            without.load_state_dict(with.state_dict(), strict: false).unexpected_keyes,
            Is.EqualTo(new[] { "bias" })
        );
        Assert.That(with.load_state_dict(without.state_dict(), skip: ["bias"]).missing_keys, Is.Empty);
    }

    [Test]
    public void Prefixes_stand_before_every_name()
    {
        using var net = new ModuleRegistrationTests.Net();
        Assert.That(
            net.state_dict(prefix: "model").Keys,
            Is.EquivalentTo(net.state_dict().Keys.Select(key => "model." + key))
        );
    }

    [Test]
    public void A_dictionary_can_be_written_without_a_module()
    {
        using var stream = new MemoryStream();
        using Tensor numbers = tensor(new long[] { 1, -1 });
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["n"] = numbers, ["m"] = numbers };
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            nn.Module.save_state_dict(writer, state, skip: ["m"]);
        }

        Assert.That(
            stream.ToArray(),
            Is.EqualTo(
                new byte[] { 1, 1, (byte)'n', 4, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255 }
            )
        );
        Assert.That(state, Has.Count.EqualTo(2));
    }

    private static Sequential Example() => nn.Sequential(("first", nn.Linear(3, 4)), ("norm", nn.BatchNorm1d(4)));

    private sealed class Plain : nn.Module
    {
        public Plain(float[] weight, float[] bias, float[] large)
            : base(nameof(Plain))
        {
            register_parameter("w", nn.Parameter(tensor(weight).reshape(-1, 1)));
            register_buffer("b", tensor(bias));
            register_buffer("large", tensor(large));
        }
    }
}
