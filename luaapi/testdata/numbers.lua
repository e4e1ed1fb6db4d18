case("times are legible", function()
  equal(math.floor(hik.now() * 1000 + 0.5) / 1000, hik.now())
end)

case("JSON keeps all digits", function()
  equal(hik.json.encode({1795981357.332, 0.1, 1 / 3, 1e15, 1e21, 1e-7}), "[1795981357.332,0.1,0.3333333333333333,1000000000000000,1e+21,1e-7]")
  equal(hik.json.decode(hik.json.encode(1 / 3)), 1 / 3)
end)

case("lines show numbers as print does", function()
  host.logged()
  hik.log.info(1 / 3, {at = 1795981357.332, third = 1 / 3, huge = 1 / 0, id = 123456789012345678, [2.5] = "x"})
  equal(host.logged(), {"INFO 0.33333333333333 2.5=x at=1795981357.332 huge=inf id=123456789012345680 third=0.33333333333333"})
end)
