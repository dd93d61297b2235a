using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Standin.Tests.NN;

internal sealed class ContainerTests
{
    [Test]
    public void Sequentials_name_their_modules_by_index_or_as_told()
    {
        using Sequential numbered = nn.Sequential(nn.Linear(1, 1), nn.ReLU()).append(nn.Linear(1, 1, hasBias: false));
        using Sequential named = nn.Sequential(("in", nn.Linear(1, 1))).append("out", nn.ReLU());
        Assert.Multiple(() =>
        {
            Assert.That(numbered.state_dict().Keys, Is.EquivalentTo(new[] { "0.weight", "0.bias", "2.weight" }));
            Assert.That(named.named_children().Select(entry => entry.name), Is.EqualTo(new[] { "in", "out" }));
            Assert.That(named.parameters(recurse: false), Is.Empty);
        });
    }

    [Test]
    public void Sequentials_are_sliced_over_the_same_modules()
    {
        using Sequential net = nn.Sequential(nn.Identity(), nn.ReLU(), nn.Tanh());
        Assert.Multiple(() =>
        {
            Assert.That(net[1], Is.InstanceOf<ReLU>());
            Assert.That(net[1..].Count, Is.EqualTo(2));
            Assert.That(net[(null, 2)][1], Is.SameAs(net[1]));
            Assert.Throws<IndexOutOfRangeException>(() => _ = net[(0, 4)]);
        });
    }

    [Test]
    public void An_empty_sequential_returns_another_tensor_of_the_same_values()
    {
        using Sequential net = nn.Sequential();
        using Tensor input = ones(2);
        using Tensor output = net.call(input);
        Assert.That(output, Is.Not.SameAs(input));
        Assert.That(output.Values(), Is.EqualTo(new[] { 1.0, 1.0 }));
    }

    [Test]
    public void Lists_and_dictionaries_register_when_they_are_registered()
    {
        ModuleList<Linear> list = nn.ModuleList(nn.Linear(1, 1, hasBias: false), nn.Linear(1, 2, hasBias: false));
        ModuleDict<Linear> named = nn.ModuleDict(("a", nn.Linear(1, 1, hasBias: false)));
        named.Add("b", nn.Linear(1, 1, hasBias: false));
        Assert.That(list.parameters(), Is.Empty);
        using var owner = new Owner(list, named);
        Assert.That(
            owner.state_dict().Keys,
            Is.EqualTo(new[] { "list.0.weight", "list.1.weight", "named.a.weight", "named.b.weight" })
        );
        Assert.That(list[1].out_features, Is.EqualTo(2));
        Assert.That(named["b"], Is.SameAs(named[1].Item2));
    }

    [Test]
    public void Ordered_dictionaries_keep_the_order_of_insertion()
    {
        var ordered = new OrderedDict<string, int> { ["b"] = 1, ["a"] = 2 };
        ordered["c"] = 3;
        ordered["b"] = 4;
        ordered.Remove("a");
        Assert.That(ordered.keys(), Is.EqualTo(new[] { "b", "c" }));
        Assert.That(ordered.values(), Is.EqualTo(new[] { 4, 3 }));
        Assert.Throws<KeyNotFoundException>(() => ordered.Remove("a"));
    }

    private sealed class Owner : nn.Module
    {
        private readonly ModuleList<Linear> list;
        private readonly ModuleDict<Linear> named;

        public Owner(ModuleList<Linear> list, ModuleDict<Linear> named)
            : base(nameof(Owner))
        {
            this.list = list;
            this.named = named;
            RegisterComponents();
        }

        public override string GetName() => $"{list.Count} and {named.Count}";
    }
}
