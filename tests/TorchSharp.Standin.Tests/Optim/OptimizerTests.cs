using TorchSharp.Modules;
using TorchSharp.Standin.Tests.NN;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.Optim;

/// <summary>Steps of the optimizers against PyTorch's formulas, written out for one number.</summary>
internal sealed class OptimizerTests
{
    private static readonly double[] Gradients = [1, -0.5, 0.25, 2];

    [Test]
    public void Plain_descent_follows_the_gradient()
    {
        using Parameter x = TensorValues.Parameter(1, -2);
        using SGD sgd = optim.SGD([x], 0.5);
        x.SetGrad(2, 4);
        sgd.step();
        Assert.That(x.Values(), Is.EqualTo(new[] { 0.0, -4 }));
        sgd.zero_grad();
        Assert.That(x.grad!.Values(), Is.All.EqualTo(0.0));
    }

    [Test]
    public void A_modules_parameters_are_stepped_every_time()
    {
        using Linear layer = nn.Linear(1, 1);
        using SGD sgd = optim.SGD(layer.parameters(), 1);
        for (int step = 0; step < 2; step++)
        {
            using Tensor before = layer.weight.detach().clone();
            sgd.zero_grad();
            using Tensor one = ones(1, 1);
            layer.call(one).sum().backward();
            sgd.step();
            Assert.That(layer.weight.Values()[0], Is.EqualTo(before.Values()[0] - 1).Within(1e-6));
        }
    }

    [TestCase(0.0, 0.0, 0.0, false, false)]
    [TestCase(0.9, 0.0, 0.0, false, false)]
    [TestCase(0.9, 0.5, 0.1, false, false)]
    [TestCase(0.9, 0.0, 0.1, true, false)]
    [TestCase(0.9, 0.0, 0.1, true, true)]
    public void Momentum_descent(double momentum, double dampening, double decay, bool nesterov, bool maximize)
    {
        using Parameter x = TensorValues.Parameter(1);
        using SGD sgd = optim.SGD([x], 0.1, momentum, dampening, decay, nesterov, maximize);
        double expected = 1;
        double? buffer = null;
        foreach (double gradient in Gradients)
        {
            x.SetGrad(gradient);
            sgd.step();
            double g = gradient + decay * expected;
            buffer = buffer is { } b ? momentum * b + (1 - dampening) * g : g;
            double direction =
                momentum == 0 ? g
                : nesterov ? g + momentum * buffer.Value
                : buffer.Value;
            expected += (maximize ? 0.1 : -0.1) * direction;
            Assert.That(x.Values()[0], Is.EqualTo(expected).Within(1e-14));
        }
    }

    [TestCase(false, false, 0.0, false)]
    [TestCase(false, true, 0.1, false)]
    [TestCase(true, false, 0.1, false)]
    [TestCase(true, true, 0.1, true)]
    [TestCase(true, false, 0.0, true)]
    public void Adam_and_AdamW(bool decoupled, bool amsgrad, double decay, bool maximize)
    {
        const double Rate = 0.1;
        const double Beta1 = 0.8;
        const double Beta2 = 0.9;
        const double Eps = 1e-6;
        using Parameter x = TensorValues.Parameter(1);
        using optim.Optimizer optimizer = decoupled
            ? optim.AdamW([x], Rate, Beta1, Beta2, Eps, decay, amsgrad, maximize)
            : optim.Adam([x], Rate, Beta1, Beta2, Eps, decay, amsgrad, maximize);
        double expected = 1;
        double m = 0;
        double v = 0;
        double largest = 0;
        for (int t = 1; t <= Gradients.Length; ++t)
        {
            x.SetGrad(Gradients[t - 1]);
            optimizer.step();
            double g = maximize ? -Gradients[t - 1] : Gradients[t - 1];
            if (decoupled)
            {
                expected *= 1 - Rate * decay;
            }
            else
            {
                g += decay * expected;
            }

            m = Beta1 * m + (1 - Beta1) * g;
            v = Beta2 * v + (1 - Beta2) * g * g;
            largest = Math.Max(largest, v);
            double second = (amsgrad ? largest : v) / (1 - Math.Pow(Beta2, t));
            expected -= Rate * m / (1 - Math.Pow(Beta1, t)) / (Math.Sqrt(second) + Eps);
            Assert.That(x.Values()[0], Is.EqualTo(expected).Within(1e-13));
        }
    }

    [Test]
    public void Parameters_without_gradients_stay()
    {
        using Parameter still = TensorValues.Parameter(1);
        using Parameter moving = TensorValues.Parameter(1);
        using AdamW adam = optim.AdamW([still, moving], weight_decay: 0.1);
        moving.SetGrad(1);
        adam.step();
        Assert.That(still.Values(), Is.EqualTo(new[] { 1.0 }));
        Assert.That(moving.Values()[0], Is.LessThan(1));
    }

    [Test]
    public void Groups_have_options_of_their_own_and_take_the_rest_from_the_optimizer()
    {
        using Parameter slow = TensorValues.Parameter(0);
        using Parameter fast = TensorValues.Parameter(0);
        using SGD sgd = optim.SGD(
            [new SGD.ParamGroup([slow], lr: 0.1), new SGD.ParamGroup { Parameters = [fast] }],
            learningRate: 1
        );
        slow.SetGrad(1);
        fast.SetGrad(1);
        sgd.step();
        Assert.That(slow.Values()[0], Is.EqualTo(-0.1).Within(1e-15));
        Assert.That(fast.Values()[0], Is.EqualTo(-1).Within(1e-15));
        Assert.That(sgd.ParamGroups.Select(group => group.InitialLearningRate), Is.EqualTo(new[] { 0.1, 1 }));
        Assert.That(sgd.parameters(), Is.EqualTo(new[] { slow, fast }));
    }

    [Test]
    public void The_closure_gives_the_loss_and_the_gradients()
    {
        using Parameter x = TensorValues.Parameter(3);
        using SGD sgd = optim.SGD([x], 0.5);
        using Tensor loss = sgd.step(() =>
        {
            sgd.zero_grad();
            Tensor square = x.square().sum();
            square.backward();
            return square;
        });
        Assert.That(loss.ToDouble(), Is.EqualTo(9));
        Assert.That(x.Values(), Is.EqualTo(new[] { 0.0 }).Within(1e-15));
    }

    [Test]
    public void Options_are_checked()
    {
        using Parameter x = TensorValues.Parameter(1);
        Assert.Multiple(() =>
        {
            Assert.Throws<ArgumentException>(() => optim.SGD([x], -1));
            Assert.Throws<ArgumentException>(() => optim.SGD([x], 1, nesterov: true));
            Assert.Throws<ArgumentException>(() => optim.Adam([x], beta1: 1));
            Assert.Throws<ArgumentException>(() => optim.AdamW([x], weight_decay: -1));
        });
    }

    [Test]
    public void A_state_that_was_saved_continues_exactly()
    {
        using Parameter x = TensorValues.Parameter(1, 2);
        using AdamW first = optim.AdamW([x], 0.1, amsgrad: true);
        x.SetGrad(1, -1);
        first.step();
        using Parameter y = nn.Parameter(x.detach().clone());
        using AdamW second = optim.AdamW([y], 0.5, beta1: 0.5, amsgrad: true);
        string path = Path.GetTempFileName();
        first.save_state_dict(path);
        second.load_state_dict(path);
        File.Delete(path);
        foreach (double gradient in Gradients)
        {
            x.SetGrad(gradient, 1);
            y.SetGrad(gradient, 1);
            first.step();
            second.step();
        }

        Assert.That(y.Values(), Is.EqualTo(x.Values()));
        Assert.That(second.ParamGroups.Single().LearningRate, Is.EqualTo(0.1));
        Assert.That(first.state_dict().State[0].ApproximatelyEquals(second.state_dict().State[0]));
    }

    [Test]
    public void Files_of_states_are_TorchSharps_byte_for_byte()
    {
        using Parameter x = TensorValues.Parameter(2);
        using SGD sgd = optim.SGD([x], 0.5, momentum: 0.75, nesterov: true);
        x.SetGrad(4);
        sgd.step();
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        sgd.save_state_dict(writer);
        byte[] expected =
        [
            3,
            .. "SGD"u8,
            1,
            1, // groups, states
            .. new[] { 0.5, 0.5, 0.75, 0, 0 }.SelectMany(BitConverter.GetBytes), // initial, lr, momentum, dampening, decay
            1,
            0, // nesterov, maximize
            1,
            7,
            1,
            1,
            .. BitConverter.GetBytes(4.0), // a buffer: float64, one dimension of 1
        ];
        Assert.That(stream.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void Files_of_AdamW_too()
    {
        using Parameter x = TensorValues.Parameter(2);
        using AdamW adam = optim.AdamW([x], 0.5, 0.75, 0.5, 0.25, 0.125, amsgrad: true);
        x.SetGrad(4);
        adam.step();
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        adam.save_state_dict(writer);
        static byte[] Double(double value) => [7, 1, 1, .. BitConverter.GetBytes(value)];
        byte[] expected =
        [
            5,
            .. "AdamW"u8,
            1,
            1,
            .. new[] { 0.5, 0.5, 0.75, 0.5, 0.25, 0.125 }.SelectMany(BitConverter.GetBytes), // ..., betas, eps, decay
            1,
            0, // amsgrad, maximize
            .. BitConverter.GetBytes(1L), // steps
            .. Double(1),
            .. Double(8),
            1,
            .. Double(8), // averages: 0.25 * 4, 0.5 * 16, and the largest
        ];
        Assert.That(stream.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void States_of_other_optimizers_are_refused()
    {
        using Parameter x = TensorValues.Parameter(2);
        using SGD sgd = optim.SGD([x], 0.5);
        using Adam adam = optim.Adam([x]);
        using AdamW two = optim.AdamW([x, TensorValues.Parameter(1)]);
        using AdamW one = optim.AdamW([x]);
        Assert.Throws<InvalidDataException>(() => Copy(sgd, adam));
        Assert.Throws<ArgumentException>(() => Copy(two, one));
        Assert.Throws<ArgumentException>(() => one.load_state_dict(two.state_dict()));

        static void Copy(OptimizerHelper from, OptimizerHelper to)
        {
            var stream = new MemoryStream();
            from.save_state_dict(new BinaryWriter(stream));
            stream.Position = 0;
            to.load_state_dict(new BinaryReader(stream));
        }
    }

    [Test]
    public void A_parameter_that_was_replaced_is_unknown()
    {
        using Linear linear = nn.Linear(1, 1);
        using SGD sgd = optim.SGD(linear.parameters(), 0.5);
        linear.to(ScalarType.Float64);
        linear.call(TensorValues.Doubles([1, 1], 1)).sum().backward();
        Assert.Throws<KeyNotFoundException>(() => sgd.step());
    }
}
