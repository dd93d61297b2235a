using System.Globalization;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class MemoryTests
{
    [Test]
    public unsafe void StorageIsTheMemoryFromItsStart()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 1, 2, 3, 4 });
        var half = x[2..];
        using var storage = half.storage<float>();

        Assert.That(half.storage_offset(), Is.EqualTo(2));
        Assert.That(((float*)storage.data_ptr())[0], Is.EqualTo(1));
        Assert.That(storage.data_ptr(), Is.EqualTo(x.storage<float>().data_ptr()));
        Assert.That(storage.Count, Is.EqualTo(4));
        Assert.That(storage.nbytes(), Is.EqualTo(16));

        storage[3] = 9;
        Assert.That(Numbers.Of(x), Is.EqualTo(new double[] { 1, 2, 3, 9 }));
    }

    [Test]
    public void StorageOfAnotherTypeIsAConvertedCopyAndOfSomeTypesNone()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new float[] { 1.5f });

        Assert.That(x.storage<long>().ToArray(), Is.EqualTo(new long[] { 1 }));
        Assert.That(() => x.storage<short>(), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void AccessorsFollowStrides()
    {
        using var scope = NewDisposeScope();
        var x = arange(6).reshape(2, 3).t();

        var data = x.data<long>();

        Assert.That(data.ToArray(), Is.EqualTo(new long[] { 0, 3, 1, 4, 2, 5 }));
        Assert.That(data[2, 1], Is.EqualTo(5));
        Assert.That(data[1], Is.EqualTo(3));
        Assert.That(
            data.ToNDArray(),
            Is.EqualTo(
                new long[,]
                {
                    { 0, 3 },
                    { 1, 4 },
                    { 2, 5 },
                }
            )
        );
        Assert.That(data.Count, Is.EqualTo(6));
        data[0, 0] = 9;
        Assert.That(x[0, 0].item<long>(), Is.EqualTo(9));
        data.CopyFrom(new long[] { 1, 2, 3, 4, 5, 6 });
        Assert.That(Numbers.Of(x), Is.EqualTo(new double[] { 1, 2, 3, 4, 5, 6 }));
    }

    [Test]
    public void AccessorsRefuseAnotherTypeAndBadIndices()
    {
        using var scope = NewDisposeScope();
        var x = arange(6);

        Assert.That(
            () => x.data<int>(),
            Throws.ArgumentException.With.Message.Contains("Int32 is not compatible with Int64")
        );
        Assert.That(() => x.data<long>()[6], Throws.InstanceOf<IndexOutOfRangeException>());
        Assert.That(() => x.item<long>(), Throws.ArgumentException);
        Assert.That(() => x.ToInt64(), Throws.ArgumentException);
    }

    [Test]
    public void BytesAreTheElements()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new short[] { 1, 258 });

        Assert.That(x.bytes.ToArray(), Is.EqualTo(new byte[] { 1, 0, 2, 1 }));
        x.bytes = new byte[] { 3, 0, 4, 0 };
        Assert.That(Numbers.Of(x), Is.EqualTo(new double[] { 3, 4 }));
        Assert.That(() => arange(6).reshape(2, 3).t().bytes.Length, Throws.InvalidOperationException);
    }

    [Test]
    public void ScalarsConvertToEveryNumber()
    {
        using var scope = NewDisposeScope();
        var x = tensor(3.0);

        Assert.That(x.ToSingle(), Is.EqualTo(3f));
        Assert.That(x.ToInt32(), Is.EqualTo(3));
        Assert.That((long)x, Is.EqualTo(3));
        Assert.That(x.ToBoolean(), Is.True);
        Assert.That(x.bfloat16().ToBFloat16(), Is.EqualTo(new BFloat16(3)));
        Assert.That(x.half().item<Half>(), Is.EqualTo((Half)3));
        Assert.That(tensor(true).ToInt64(), Is.EqualTo(1));
        Assert.That(tensor(long.MaxValue).ToInt64(), Is.EqualTo(long.MaxValue));
    }

    [Test]
    public void ATensorGoesThroughAFileInBothFormats()
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory();
        var x = randn(3, 200).bfloat16();
        var own = Path.Combine(folder.FullName, "own");
        var archive = Path.Combine(folder.FullName, "archive");

        using (var stream = File.Create(own))
        {
            x.Save(stream);
        }
        torch.save(x, archive);

        Assert.That(Tensor.Load(own).Equals(x), Is.True);
        Assert.That(torch.load(archive).Equals(x), Is.True);
        // dtype 15, two dimensions, 3, 200 in two groups of seven bits.
        Assert.That(File.ReadAllBytes(own)[..5], Is.EqualTo(new byte[] { 15, 2, 3, 0xC8, 0x01 }));
        folder.Delete(recursive: true);
    }

    [Test]
    public void LoadingIntoATensorChecksItsTypeAndShape()
    {
        using var scope = NewDisposeScope();
        var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        tensor(new float[] { 1, 2 }).Save(writer);

        BinaryReader Reader()
        {
            memory.Position = 0;
            return new BinaryReader(memory);
        }

        var target = zeros(2);
        target.Load(Reader());
        Assert.That(Numbers.Of(target), Is.EqualTo(new double[] { 1, 2 }));
        Assert.That(() => zeros(3).Load(Reader()), Throws.ArgumentException.With.Message.Contains("shape"));
        Assert.That(
            () => zeros(2, dtype: float64).Load(Reader()),
            Throws.ArgumentException.With.Message.Contains("types")
        );
    }

    [Test]
    public void TextTellsShapeTypeDeviceAndValues()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.25f, 2 }, [1, 2]);

        Assert.That(x.ToString(), Is.EqualTo("[1x2], type = Float32, device = cpu"));
        Assert.That(
            x.ToString(TensorStringStyle.Julia, cultureInfo: CultureInfo.InvariantCulture, newLine: "\n"),
            Is.EqualTo("[1x2], type = Float32, device = cpu\n[[1.25, 2]]")
        );
        Assert.That(zeros(10000).ToString(TensorStringStyle.Numpy), Does.EndWith("[0, 0, 0, ..., 0, 0, 0]"));
    }

    [Test]
    public void DevicesAreParsed()
    {
        Assert.That(new Device("cuda:1").index, Is.EqualTo(1));
        Assert.That(new Device("cuda:1").ToString(), Is.EqualTo("cuda:1"));
        Assert.That(new Device("cpu").type, Is.EqualTo(DeviceType.CPU));
        Assert.That(() => new Device("tpu"), Throws.ArgumentException);
    }
}
