using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class IndexingTests
{
    private DisposeScope _scope = null!;
    private Tensor _x = null!;

    /// <summary>((0, 1, 2), (3, 4, 5)).</summary>
    [SetUp]
    public void MakeMatrix()
    {
        _scope = NewDisposeScope();
        _x = arange(6).reshape(2, 3);
    }

    [TearDown]
    public void DisposeMatrix()
    {
        _x.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void IntegersSelect()
    {
        Assert.That(_x[1, 2].item<long>(), Is.EqualTo(5));
        Assert.That(_x[-1, -3].item<long>(), Is.EqualTo(3));
        Assert.That(Numbers.Of(_x[1]), Is.EqualTo(new double[] { 3, 4, 5 }));
    }

    [Test]
    public void SlicesKeepTheirDimension()
    {
        Assert.That(Numbers.Of(_x[.., 1..]), Is.EqualTo(new double[] { 1, 2, 4, 5 }));
        Assert.That(Numbers.Of(_x[.., ..^1]), Is.EqualTo(new double[] { 0, 1, 3, 4 }));
        Assert.That(
            Numbers.Of(_x[TensorIndex.Colon, TensorIndex.Slice(step: 2)]),
            Is.EqualTo(new double[] { 0, 2, 3, 5 })
        );
        Assert.That(Numbers.Of(_x[TensorIndex.Ellipsis, 0]), Is.EqualTo(new double[] { 0, 3 }));
        Assert.That(_x[TensorIndex.None, 0].shape, Is.EqualTo(new long[] { 1, 3 }));
        Assert.That(_x[TensorIndex.Ellipsis, TensorIndex.None].shape, Is.EqualTo(new long[] { 2, 3, 1 }));
    }

    [Test]
    public void TensorsGather()
    {
        var rows = tensor(new long[] { 1, 0, 1 });
        var columns = tensor(new long[] { 2, 2, 0 });

        Assert.That(_x[rows].shape, Is.EqualTo(new long[] { 3, 3 }));
        Assert.That(Numbers.Of(_x[rows, columns]), Is.EqualTo(new double[] { 5, 2, 3 }));
        Assert.That(
            Numbers.Of(_x[TensorIndex.Colon, TensorIndex.Tensor(columns)]),
            Is.EqualTo(new double[] { 2, 2, 0, 5, 5, 3 })
        );
        Assert.That(
            Numbers.Of(_x[TensorIndex.Single(1), TensorIndex.Tensor(columns)]),
            Is.EqualTo(new double[] { 5, 5, 3 })
        );
    }

    [Test]
    public void MasksSelect()
    {
        Assert.That(Numbers.Of(_x[_x > 3]), Is.EqualTo(new double[] { 4, 5 }));
        Assert.That(Numbers.Of(_x[tensor(new[] { false, true })]), Is.EqualTo(new double[] { 3, 4, 5 }));
        Assert.That(
            Numbers.Of(_x[TensorIndex.Ellipsis, TensorIndex.Tensor(tensor(new[] { true, false, true }))]),
            Is.EqualTo(new double[] { 0, 2, 3, 5 })
        );
    }

    [Test]
    public void ViewsShareMemory()
    {
        _x[0].add_(10);

        Assert.That(Numbers.Of(_x), Is.EqualTo(new double[] { 10, 11, 12, 3, 4, 5 }));
    }

    [Test]
    public void AssignmentWritesThroughEveryKindOfIndex()
    {
        _x[0, 0] = tensor(7L);
        _x[1, 1..] = tensor(new long[] { 8, 9 });
        _x[_x == 1] = tensor(-1L);
        _x[tensor(new long[] { 1 }), tensor(new long[] { 0 })] = tensor(6L);

        Assert.That(Numbers.Of(_x), Is.EqualTo(new double[] { 7, -1, 2, 6, 8, 9 }));
    }

    [Test]
    public void AccumulationAddsRepeatedIndices()
    {
        _x.index_put_(tensor(new long[] { 1, 1 }), [tensor(new long[] { 0, 0 }), tensor(new long[] { 2, 2 })], true);

        Assert.That(Numbers.Of(_x), Is.EqualTo(new double[] { 0, 1, 4, 3, 4, 5 }));
    }

    [Test]
    public void OneTensorIsMadeForAView()
    {
        var before = Tensor.TotalCount;

        _ = _x[1, 0..2];

        Assert.That(Tensor.TotalCount, Is.EqualTo(before + 1));
    }

    [Test]
    public void IndicesOutOfRangeAreRefused()
    {
        Assert.That(() => _x[2], Throws.InstanceOf<ExternalException>().With.Message.Contains("index 2 out of range"));
        Assert.That(
            () => _x[0, 0, 0],
            Throws.InstanceOf<ExternalException>().With.Message.Contains("too many indices")
        );
    }
}
