using TorchSharp;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

/// <summary>One or two operators for each kind of argument and result, against values worked out by hand.</summary>
public sealed class OperatorTests
{
    private static readonly double[] OneToFour = [1, 2, 3, 4];

    /// <summary>A function of the matrix ((1, 2), (3, 4)), and what it must give.</summary>
    private static TestCaseData Case(string name, Func<Tensor, Tensor> function, params double[] expected) =>
        new TestCaseData(function, expected).SetName("{m}: " + name);

    private static IEnumerable<TestCaseData> Elementwise()
    {
        yield return Case("tensor and tensor", x => x + x, 2, 4, 6, 8);
        yield return Case("integer scalar", x => x * 2, 2, 4, 6, 8);
        yield return Case("real scalar", x => x + 0.5, 1.5, 2.5, 3.5, 4.5);
        yield return Case("scalar first", x => 1 - x, 0, -1, -2, -3);
        yield return Case("scalar divided", x => 12.0 / x, 12, 6, 4, 3);
        yield return Case("named scalar", x => x.add(x, alpha: 10), 11, 22, 33, 44);
        yield return Case("string: floor", x => x.div(2, RoundingMode.floor), 0, 1, 1, 2);
        yield return Case("string: none", x => x.div(2), 0.5, 1, 1.5, 2);
        yield return Case("power", x => x.pow(2), 1, 4, 9, 16);
        yield return Case("remainder", x => x % 2, 1, 0, 1, 0);
        yield return Case("optional scalar missing", x => x.clamp(min: 2), 2, 2, 3, 4);
        yield return Case("optional scalars given", x => x.clamp(2, 3), 2, 2, 3, 3);
        yield return Case("optional tensor", x => x.clamp(max: full_like(x, 2)), 1, 2, 2, 2);
        yield return Case("comparison", x => x > 2, 0, 0, 1, 1);
        yield return Case("scalar compared", x => 2 > x, 1, 0, 0, 0);
        yield return Case("logic", x => (x > 1) & ~(x > 3), 0, 1, 1, 0);
        yield return Case("where", x => where(x > 2, x, -x), -1, -2, 3, 4);
    }

    private static IEnumerable<TestCaseData> Reductions()
    {
        yield return Case("list of dimensions", x => x.sum([0L, 1L]), 10);
        yield return Case("one dimension", x => x.sum(1), 3, 7);
        yield return Case("keepdim", x => x.mean([0L], keepdim: true), 2, 3);
        yield return Case("whole", x => x.mean(), 2.5);
        yield return Case("variance, unbiased", x => x.var(), 5.0 / 3);
        yield return Case("variance, biased", x => x.var(0, unbiased: false), 1, 1);
        yield return Case("values of a pair", x => x.max(0).values, 3, 4);
        yield return Case("indices of a pair", x => x.max(1).indexes, 1, 1);
        yield return Case("argmin", x => x.argmin(0), 0, 0);
        yield return Case("norm", x => x.norm(), Math.Sqrt(30));
        yield return Case("norm by dimension", x => x.norm(1, p: 1), 3, 7);
        yield return Case("cumsum", x => x.cumsum(0), 1, 2, 4, 6);
        yield return Case("prod", x => x.prod(), 24);
        yield return Case("matrix product", x => x.mm(x), 7, 10, 15, 22);
        yield return Case("addmm", x => x.addmm(x, x, beta: 2, alpha: 10), 72, 104, 156, 228);
        yield return Case("string equation", x => einsum("ij,ij->i", x, x), 5, 25);
        yield return Case("softmax of equals", x => softmax(x - x, 1), 0.5, 0.5, 0.5, 0.5);
        yield return Case("round to decimals", x => (x / 3).round(2), 0.33, 0.67, 1, 1.33);
    }

    private static IEnumerable<TestCaseData> ShapesAndSelections()
    {
        yield return Case("transpose", x => x.t(), 1, 3, 2, 4);
        yield return Case("permute, then view copy", x => x.permute(1, 0).reshape(4), 1, 3, 2, 4);
        yield return Case("expand", x => x[0].expand(2, 2), 1, 2, 1, 2);
        yield return Case("flip", x => x.flip(0), 3, 4, 1, 2);
        yield return Case("roll", x => x.roll(1, 1), 2, 1, 4, 3);
        yield return Case("roll all", x => x.roll(1), 4, 1, 2, 3);
        yield return Case("repeat", x => x[0].repeat(2), 1, 2, 1, 2);
        yield return Case("repeat each", x => x[0].repeat_interleave(2), 1, 1, 2, 2);
        yield return Case("tensor list in", x => cat([x[0], x[1]]), 1, 2, 3, 4);
        yield return Case("enumerable in", x => stack(new List<Tensor> { x[1], x[0] }), 3, 4, 1, 2);
        yield return Case("tensor list out", x => x.split(1, 1)[1], 2, 4);
        yield return Case("sizes in, list out", x => x.flatten().split([1L, 3L])[1], 2, 3, 4);
        yield return Case("chunk", x => x.chunk(2)[0], 1, 2);
        yield return Case("unbind", x => x.unbind(1)[0], 1, 3);
        yield return Case("narrow", x => x.narrow(1, 1, 1), 2, 4);
        yield return Case("index_select", x => x.index_select(1, tensor(new long[] { 1, 1 })), 2, 2, 4, 4);
        yield return Case("gather", x => x.gather(1, tensor(new long[] { 1, 0 }, [2, 1])), 2, 3);
        yield return Case(
            "index_add with alpha",
            x => x.index_add(0, tensor(new long[] { 0, 0 }), ones_like(x), 10),
            21,
            22,
            3,
            4
        );
        yield return Case(
            "scatter_add",
            x => zeros_like(x).scatter_add(1, tensor(new long[] { 0, 0, 1, 1 }, [2, 2]), x),
            3,
            0,
            0,
            7
        );
        yield return Case("masked_fill", x => x.masked_fill(x > 2, -1), 1, 2, -1, -1);
        yield return Case("masked_select", x => x.masked_select(x > 2), 3, 4);
        yield return Case("nonzero", x => (x > 3).nonzero(), 1, 1);
        yield return Case("topk", x => x.flatten().topk(2).values, 4, 3);
        yield return Case("stable sort", x => x.flatten().sort(descending: true, stable: true).Indices, 3, 2, 1, 0);
        yield return Case("bincount", x => x.@long().flatten().bincount(null, minlength: 6), 0, 1, 1, 1, 1, 0);
        yield return Case("searchsorted", x => searchsorted(x.flatten(), full([], 2.5, float64)), 2);
        yield return Case("to another type", x => (x + 0.7).to(int32), 1, 2, 3, 4);
        yield return Case("through bfloat16", x => x.bfloat16(), 1, 2, 3, 4);
        yield return Case("through half", x => x.half(), 1, 2, 3, 4);
        yield return Case("sparse and back", x => (x * (x > 2)).to_sparse().to_dense(), 0, 0, 3, 4);
    }

    [TestCaseSource(nameof(Elementwise))]
    [TestCaseSource(nameof(Reductions))]
    [TestCaseSource(nameof(ShapesAndSelections))]
    public void GivesTheValueWorkedOutByHand(Func<Tensor, Tensor> function, double[] expected)
    {
        using var scope = NewDisposeScope();
        var x = tensor(OneToFour, [2, 2]);

        Assert.That(Numbers.Of(function(x)), Is.EqualTo(expected).Within(1e-12));
        Assert.That(Numbers.Of(x), Is.EqualTo(OneToFour), "the argument was changed");
    }

    [Test]
    public void InPlaceVariantsChangeTheTensorAndReturnIt()
    {
        using var scope = NewDisposeScope();
        var x = tensor(OneToFour);

        var result = x.mul_(2).add_(1).clamp_(max: 7).neg_();

        Assert.That(Numbers.Of(x), Is.EqualTo(new double[] { -3, -5, -7, -7 }));
        Assert.That(Numbers.Of(result), Is.EqualTo(Numbers.Of(x)));
        Assert.That(result.DataPointer, Is.EqualTo(x.DataPointer));
    }

    [Test]
    public void UniqueGivesValuesInverseAndCounts()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new long[] { 5, 3, 5, 5 });

        var (values, inverse, counts) = x.unique(return_inverse: true, return_counts: true);

        Assert.That(Numbers.Of(values), Is.EqualTo(new double[] { 3, 5 }));
        Assert.That(Numbers.Of(inverse!), Is.EqualTo(new double[] { 1, 0, 1, 1 }));
        Assert.That(Numbers.Of(counts!), Is.EqualTo(new double[] { 1, 3 }));
    }

    [Test]
    public void UniqueRowsKeepTheirColumns()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new long[] { 1, 2, 0, 9, 1, 2 }, [3, 2]);

        var (values, inverse, _) = x.unique(return_inverse: true, dim: 0);

        Assert.That(Numbers.Of(values), Is.EqualTo(new double[] { 0, 9, 1, 2 }));
        Assert.That(Numbers.Of(inverse!), Is.EqualTo(new double[] { 1, 0, 1 }));
    }

    [Test]
    public void EqualityIsElementwiseButEqualsIsNot()
    {
        using var scope = NewDisposeScope();
        var x = tensor(OneToFour);

        Assert.That(Numbers.Of(torch.equal(x, x)), Is.EqualTo(new double[] { 1, 1, 1, 1 }));
        Assert.That(x.Equals(x.clone()), Is.True);
        Assert.That(x.Equals(x + 1), Is.False);
        Assert.That(x.allclose(x + 1e-12), Is.True);
        Assert.That(x.allclose(x + 1e-3), Is.False);
    }

    [Test]
    public void SparseTensorsAreMadeOfIndicesAndValues()
    {
        using var scope = NewDisposeScope();
        var sparse = sparse_coo_tensor(tensor(new long[] { 0, 1, 1, 0 }, [2, 2]), tensor(new float[] { 5, 7 }), [2, 3]);

        Assert.That(sparse.is_sparse, Is.True);
        Assert.That(sparse.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(Numbers.Of(sparse.SparseValues), Is.EqualTo(new double[] { 5, 7 }));
        Assert.That(Numbers.Of(sparse), Is.EqualTo(new double[] { 0, 5, 0, 7, 0, 0 }));
    }
}
