using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests;

public sealed class FactoryTests
{
    [Test]
    public void DefaultsAreTheDefaultTypeAndTheCpu()
    {
        using var scope = NewDisposeScope();

        Assert.That(zeros(2, 3).dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(zeros(2, 3).device_type, Is.EqualTo(DeviceType.CPU));
        Assert.That(zeros(2, 3).shape, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(ones(new long[] { 1, 2, 3, 4, 5 }).shape, Is.EqualTo(new long[] { 1, 2, 3, 4, 5 }));
        Assert.That(zeros(2, requires_grad: true).requires_grad, Is.True);
        Assert.That(tensor(1.0).dtype, Is.EqualTo(ScalarType.Float64));
        Assert.That(tensor(1f).dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(tensor(1).dtype, Is.EqualTo(ScalarType.Int32));
        Assert.That(tensor(1L).dtype, Is.EqualTo(ScalarType.Int64));
        Assert.That(tensor(true).dtype, Is.EqualTo(ScalarType.Bool));
    }

    [Test]
    public void TheDefaultTypeCanBeSet()
    {
        using var scope = NewDisposeScope();
        set_default_dtype(float64);
        try
        {
            Assert.That(zeros(1).dtype, Is.EqualTo(ScalarType.Float64));
        }
        finally
        {
            set_default_dtype(float32);
        }
        Assert.That(zeros(1).dtype, Is.EqualTo(ScalarType.Float32));
    }

    [Test]
    public void RangesTakeTheTypeOfTheirBounds()
    {
        using var scope = NewDisposeScope();

        Assert.That(arange(4).dtype, Is.EqualTo(ScalarType.Int64));
        Assert.That(Numbers.Of(arange(1, 7, 2)), Is.EqualTo(new double[] { 1, 3, 5 }));
        Assert.That(arange(0, 1, 0.25).dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(Numbers.Of(linspace(0, 1, 3)), Is.EqualTo(new[] { 0, 0.5, 1 }));
        Assert.That(Numbers.Of(eye(2)), Is.EqualTo(new double[] { 1, 0, 0, 1 }));
        Assert.That(eye(2, 3).shape, Is.EqualTo(new long[] { 2, 3 }));
    }

    [Test]
    public void ArraysOfEveryRankKeepRowMajorOrder()
    {
        using var scope = NewDisposeScope();

        Assert.That(
            Numbers.Of(
                tensor(
                    new[,]
                    {
                        { 1, 2 },
                        { 3, 4 },
                    }
                )
            ),
            Is.EqualTo(new double[] { 1, 2, 3, 4 })
        );
        Assert.That(tensor(new float[2, 3, 4]).shape, Is.EqualTo(new long[] { 2, 3, 4 }));
        Assert.That(Numbers.Of(tensor(new List<float> { 1, 2 })), Is.EqualTo(new double[] { 1, 2 }));
        Assert.That(Numbers.Of(tensor(new byte[] { 255 }.AsMemory(), [1])), Is.EqualTo(new double[] { 255 }));
        Assert.That(Numbers.Of(tensor(new[] { (Half)1.5 })), Is.EqualTo(new[] { 1.5 }));
        Assert.That(Numbers.Of(tensor(new[] { new BFloat16(1.5f) })), Is.EqualTo(new[] { 1.5 }));
        Assert.That(tensor(new[] { 1, 2 }, dtype: float64).dtype, Is.EqualTo(ScalarType.Float64));
    }

    [Test]
    public void TensorCopiesItsArrayAndFromArrayDoesNot()
    {
        using var scope = NewDisposeScope();
        var array = new float[] { 1, 2 };
        var copy = tensor(array);
        var shared = from_array(array);
        var part = frombuffer(array, float32, count: 1, offset: 1);

        array[1] = 7;

        Assert.That(Numbers.Of(copy), Is.EqualTo(new double[] { 1, 2 }));
        Assert.That(Numbers.Of(shared), Is.EqualTo(new double[] { 1, 7 }));
        Assert.That(Numbers.Of(part), Is.EqualTo(new double[] { 7 }));
    }

    [Test]
    public void ASeedFixesRandomNumbers()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var first = Numbers.Of(randn(8));
        manual_seed(5);
        var second = Numbers.Of(randn(8));
        var generator = new Generator(9);
        var drawn = Numbers.Of(rand(new long[] { 4 }, generator: generator));
        generator.manual_seed(9);

        Assert.That(second, Is.EqualTo(first));
        Assert.That(Numbers.Of(randn(8)), Is.Not.EqualTo(first));
        Assert.That(Numbers.Of(rand(new long[] { 4 }, generator: generator)), Is.EqualTo(drawn));
        Assert.That(initial_seed(), Is.EqualTo(5));
        generator.Dispose();
    }

    [Test]
    public void TheStateOfTheGeneratorCanBePutBack()
    {
        using var scope = NewDisposeScope();
        var state = get_rng_state();
        var first = Numbers.Of(randn(8));

        set_rng_state(state);

        Assert.That(Numbers.Of(randn(8)), Is.EqualTo(first));
    }

    [Test]
    public void RandomIntegersStayInTheirRange()
    {
        using var scope = NewDisposeScope();

        Assert.That(Numbers.Of(randint(3, 5, new long[] { 100 })).Distinct(), Is.EquivalentTo(new double[] { 3, 4 }));
        Assert.That(Numbers.Of(randperm(5)), Is.EquivalentTo(new double[] { 0, 1, 2, 3, 4 }));
    }

    [Test]
    public void ThreadsCanBeSet()
    {
        var before = get_num_threads();
        set_num_threads(1);

        Assert.That(get_num_threads(), Is.EqualTo(1));

        set_num_threads(before);
    }
}
