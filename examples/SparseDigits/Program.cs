using SparseDigits;

return DigitsCommand.Create().Run(args, Console.Out, Console.Error);
